"""proxy-server.conf and nova.conf as hands have left them, as hypothesis strategies."""

from __future__ import annotations

from hypothesis import strategies as st

CANARY = "canary"
"""What every password begins with, and nothing else has."""

ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n"])
ASSIGNED = st.sampled_from([" = ", "=", " =", ": "])

passwords = (
    st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Z"]) | st.sampled_from("$%\"'\\{}#;=:"),
        max_size=10,
    )
    .map(lambda word: CANARY + word.strip())
    .filter(lambda word: "%(" not in word and word == word.strip())
)

_FILTERS = ["catch_errors", "healthcheck", "proxy-logging", "cache", "mine", "slo", "dlo", "copy"]
_AUTH = [
    ["authtoken", "keystoneauth"],
    ["authtoken", "s3api", "s3token", "keystoneauth"],
    ["authtoken", "s3api", "keystoneauth"],
    ["authtoken", "s3token", "s3api", "keystoneauth"],
    ["s3api", "s3token", "authtoken", "keystoneauth"],
    ["s3token", "authtoken", "s3api", "keystoneauth"],
    ["authtoken", "keystoneauth", "s3api", "s3token"],
    ["authtoken", "between", "keystoneauth"],
    ["swift3", "s3token", "authtoken", "keystoneauth"],
    ["swift3", "authtoken", "s3api", "s3token", "keystoneauth"],
    ["swift3", "tempauth"],
    ["tempauth"],
    ["s3api", "tempauth"],
    ["s3token", "tempauth", "s3api"],
    ["tempauth", "authtoken", "keystoneauth"],
    ["keystoneauth", "authtoken"],
]
_TRUTHS = st.sampled_from(["true", "True", "1", "no", "off", "False", "yes"])
_COMMENTS = st.sampled_from(["", "# note", "#delay_auth_decision = 1", "; password = x"])


@st.composite
def pipelines(draw: st.DrawFn) -> str:
    """A pipeline in one line, a line a filter, or something between."""
    filters = draw(st.lists(st.sampled_from(_FILTERS), max_size=4, unique=True))
    at = draw(st.integers(0, len(filters)))
    names = [*filters[:at], *draw(st.sampled_from(_AUTH)), *filters[at:], "proxy-server"]
    breaks = draw(st.sampled_from(["never", "always", "sometimes"]))
    text = "pipeline" + draw(ASSIGNED) + names[0]
    for name in names[1:]:
        broken = breaks == "always" or (breaks == "sometimes" and draw(st.booleans()))
        comment = draw(st.sampled_from(["", "", "    # aside\n"]))
        text += f"\n{comment}    {name}" if broken else f" {name}"
    return text


def options(*pairs: tuple[str, st.SearchStrategy[str]]) -> st.SearchStrategy[list[str]]:
    """Some of these options in any order, each with a spacing of its own."""
    lines = [st.tuples(st.just(key), ASSIGNED, value).map("".join) for key, value in pairs]
    return st.lists(st.sampled_from(range(len(pairs))), unique=True).flatmap(
        lambda chosen: st.tuples(*(lines[each] for each in chosen)).map(list)
    )


def section(name: str, body: st.SearchStrategy[list[str]]) -> st.SearchStrategy[str]:
    """A section with these lines, a comment among them, and blank lines after it."""
    return st.tuples(_COMMENTS, body, st.integers(0, 2)).map(
        lambda parts: (
            "\n".join([f"[{name}]", *filter(None, [parts[0]]), *parts[1]]) + "\n" * (parts[2] + 1)
        )
    )


@st.composite
def proxy_files(draw: st.DrawFn) -> tuple[str, str]:
    """A proxy-server.conf and the password in it; some are to be refused."""
    password = draw(passwords)
    domains = st.sampled_from(
        [
            [],
            ["user_domain_name = Default"],
            ["user_domain_id=default", "project_domain_id=default"],
        ]
    )
    login = [
        "paste.filter_factory = keystonemiddleware.auth_token:filter_factory",
        "auth_url = http://keystone:5000",
        f"username{draw(ASSIGNED)}swift",
        f"password{draw(ASSIGNED)}{password}",
        "project_name = service",
        *draw(domains),
    ]
    delayed = draw(options(("delay_auth_decision", _TRUTHS)))
    sections = [
        section("pipeline:main", pipelines().map(lambda line: [line])),
        section("filter:authtoken", st.permutations([*login, *delayed])),
        section(
            "app:proxy-server",
            options(("account_autocreate", _TRUTHS)).map(lambda o: ["use = egg:swift#proxy", *o]),
        ),
    ]
    places = st.sampled_from(["RegionOne", "us-east-1"])
    use = st.sampled_from(["egg:swift#s3api", "egg:swift3#swift3"])
    if draw(st.booleans()):
        sections.append(section("filter:s3api", options(("location", places), ("use", use))))
    if draw(st.booleans()):
        sections.append(
            section(
                "filter:s3token",
                options(
                    ("use", st.sampled_from(["egg:swift#s3token", "egg:swift3#s3token"])),
                    ("auth_uri", st.just("http://keystone:5000")),
                    ("username", st.sampled_from(["swift", "other"])),
                    ("password", st.just(f"{CANARY}-of-yesterday")),
                    ("delay_auth_decision", _TRUTHS),
                    ("secret_cache_duration", st.sampled_from(["0", "60"])),
                    ("certfile", st.just("/etc/cert")),
                ),
            )
        )
    texts = [draw(each) for each in draw(st.permutations(sections))]
    head = draw(st.sampled_from(["", "[DEFAULT]\nbind_port = 8080\nuser = swift\n\n"]))
    text = head + "".join(texts)
    text = draw(st.sampled_from([text, text.rstrip("\n")]))
    return text.replace("\n", draw(ENDS)), password


_APIS = st.lists(st.sampled_from(["ec2", "osapi_compute", "metadata", "s3"]), unique=True)
_SET_TO = st.tuples(_APIS, st.sampled_from([",", ", ", ",\n    "])).map(
    lambda parts: parts[1].join(parts[0])
)
_NOVA_LINES = st.one_of(
    st.sampled_from(
        [
            "# note",
            "# enabled_apis = ec2,osapi_compute,metadata",
            "#enabled_apis=osapi_compute",
            "my_ip = 192.0.2.1",
            "keystone_ec2_url = http://$my_ip:5000/v2.0/ec2tokens",
            "keystone_ec2_url =",
            f"connection = mysql://nova:{CANARY}@db/nova",
            "[DEFAULT]",
            "[api]",
            "",
        ]
    ),
    st.tuples(st.just("enabled_apis"), ASSIGNED, _SET_TO).map("".join),
)


@st.composite
def nova_files(draw: st.DrawFn) -> str:
    """A nova.conf with what concerns EC2 set, repeated, hidden and misplaced."""
    lines = ["[DEFAULT]", *draw(st.lists(_NOVA_LINES, max_size=8))]
    return "\n".join(lines).replace("\n", draw(ENDS))
