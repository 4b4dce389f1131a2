"""A runtime wrapper for machines whose root lacks a capability, where `docker run --privileged` would be refused.

`--privileged` asks the runtime for every capability; where the bounding set lacks one, runc cannot grant it and fails.
The wrapper takes the missing ones out of each container's specification. It grants nothing.
"""

from __future__ import annotations

from pathlib import Path

# In the order of their numbers; source: capabilities(7), <linux/capability.h>
NAMES = (
    "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service "
    "net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin "
    "sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override "
    "mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
)

# runc gets the folder of config.json with create and run, and the file of the process with exec.
WRAPPER = """#!/bin/sh
# generated: runs runc without the capabilities that this machine lacks
bundle=. process= before= action=
for word in "$@"; do
  case $before in
    --bundle|-b) bundle=$word ;;
    --process|-p) process=$word ;;
  esac
  case $word in
    --bundle=*) bundle=${word#*=} ;;
    --process=*) process=${word#*=} ;;
    create|run|restore|exec) action=${action:-$word} ;;
  esac
  before=$word
done
case $action in
  create|run|restore) sed -i 'EXPRESSIONS' "$bundle/config.json" ;;
  exec) [ -z "$process" ] || sed -i 'EXPRESSIONS' "$process" ;;
esac
exec runc "$@"
"""


def missing() -> list[str]:
    """The capabilities this kernel knows and this process can never have, as CAP_… names."""
    status = Path("/proc/self/status").read_text()
    bounding = int(next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:")), 16)
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    return [
        f"CAP_{name.upper()}" for number, name in enumerate(NAMES.split()[: last + 1]) if not bounding >> number & 1
    ]


def wrapper(names: list[str]) -> str:
    """The text of the wrapper script that removes the capabilities `names`."""
    expressions = "".join(f's/"{name}",//g;s/,"{name}"//g;' for name in names)
    return WRAPPER.replace("EXPRESSIONS", expressions)
