"""A stand-in for GitLab: its registry token service and the part of REST v4 that jobs use, with GitLab's permissions.

It runs in a container of the rig as `python3 -m tests.rig.gitlab CONFIG` and needs Debian's python3-cryptography.
"""
