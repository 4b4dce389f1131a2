from ci_kit.diagnosis.server import ruby

TEXT = """\
# registry_external_url 'https://comment.example'
external_url "https://gitlab.example.com"   # the address
registry_external_url('https://registry.example.com:5050')
registry_nginx["listen_port"] = 5_050; registry['enable'] = true
gitlab_rails['registry_issuer'] = 'it''s' if false
registry_nginx['proxy_set_headers'] = {
  "Host" => "$http_host",  # with its port
  'X-Forwarded-Proto' => 'https',
  plain: [1, -2.5, nil, :word, "a#b"],
}
letsencrypt['enable'] = ENV['LE'] == 'yes'
nginx['x'] = "#{value}"
a['b'] == 'no assignment'
last['key'] = false
"""


def test_assignments_are_read_with_their_lines() -> None:
    found = ruby.read(TEXT, "gitlab.rb")
    assert found["external_url"] == ("https://gitlab.example.com", "gitlab.rb:2")
    assert found["registry_external_url"] == ("https://registry.example.com:5050", "gitlab.rb:3")
    assert found["registry_nginx['listen_port']"] == (5050, "gitlab.rb:4")
    assert found["registry['enable']"] == (True, "gitlab.rb:4")
    headers = {"Host": "$http_host", "X-Forwarded-Proto": "https", "plain": [1, -2.5, None, "word", "a#b"]}
    assert found["registry_nginx['proxy_set_headers']"] == (headers, "gitlab.rb:6")
    assert found["last['key']"] == (False, "gitlab.rb:14")


def test_what_only_ruby_can_tell_is_left_out() -> None:
    found = ruby.read(TEXT, "gitlab.rb")
    assert not {"letsencrypt['enable']", "nginx['x']", "a['b']"} & set(found)


def test_broken_ruby_is_read_as_far_as_it_goes() -> None:
    for text in ("a = {", "a = [1, [", "a = 'x", "a = {'b' 1}", "a =", "a = [" * 99, "a = {1 => {" * 40):
        assert ruby.read(text, "gitlab.rb") == {}
    assert ruby.read("a = {\nb = 1\n", "gitlab.rb", 7) == {"b": (1, "gitlab.rb:8")}
