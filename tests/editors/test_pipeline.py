from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setup_tool.editors.ini import Dialect, FileProblemError, IniFile, parse
from setup_tool.editors.pipeline import (
    OF_S3API,
    OF_SWIFT3_1_7,
    OF_SWIFT3_1_8,
    OF_SWIFT3_1_12,
    Auth,
    Order,
    PipelineProblem,
    Placement,
    Role,
    main_pipeline,
    place,
    place_s3,
    roles,
    with_filters,
)
from tests.editors.oracles import debian, paste_view
from tests.editors.texts import law

NAME = "proxy1:/etc/swift/proxy-server.conf"
NO_SLO = (
    "slo is not in the pipeline: multipart uploads will be refused until slo stands behind s3api."
)

FACTORY = "[filter:x]\npaste.filter_factory = "


def conf(pipeline: str, rest: str = "") -> IniFile:
    text = f"[DEFAULT]\nuser = swift\n\n[pipeline:main]\n{pipeline}\n\n{rest}"
    return parse(text, Dialect.PASTE, name=NAME)


def refusal(ini: IniFile) -> FileProblemError:
    with pytest.raises(FileProblemError) as caught:
        place_s3(ini, OF_S3API)
    assert str(caught.value).endswith(".")
    return caught.value


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # untouched
        (
            "healthcheck cache authtoken keystoneauth slo dlo proxy-server",
            "healthcheck cache authtoken s3api s3token keystoneauth slo dlo proxy-server",
        ),
        (
            "authtoken ratelimit mine keystoneauth slo proxy-server",
            "authtoken s3api s3token ratelimit mine keystoneauth slo proxy-server",
        ),
        (
            "proxy-logging authtoken slo keystoneauth proxy-logging proxy-server",
            "proxy-logging authtoken s3api s3token slo keystoneauth proxy-logging proxy-server",
        ),
        # half done
        (
            "cache authtoken s3api keystoneauth slo proxy-server",
            "cache authtoken s3api s3token keystoneauth slo proxy-server",
        ),
        (
            "cache authtoken s3token keystoneauth slo proxy-server",
            "cache authtoken s3api s3token keystoneauth slo proxy-server",
        ),
        (
            "cache s3api authtoken mine keystoneauth slo proxy-server",
            "cache authtoken s3api s3token mine keystoneauth slo proxy-server",
        ),
        # done
        (
            "cache authtoken s3api s3token keystoneauth slo proxy-server",
            "cache authtoken s3api s3token keystoneauth slo proxy-server",
        ),
        (
            "authtoken mine s3api mine2 s3token mine3 keystoneauth slo proxy-server",
            "authtoken mine s3api mine2 s3token mine3 keystoneauth slo proxy-server",
        ),
        # done in the wrong order
        (
            "cache s3api s3token authtoken keystoneauth slo proxy-server",
            "cache authtoken s3api s3token keystoneauth slo proxy-server",
        ),
        (
            "cache authtoken s3token s3api keystoneauth slo proxy-server",
            "cache authtoken s3api s3token keystoneauth slo proxy-server",
        ),
        (
            "cache authtoken s3api keystoneauth s3token slo proxy-server",
            "cache authtoken s3api s3token keystoneauth slo proxy-server",
        ),
        (
            "cache authtoken keystoneauth s3api s3token slo proxy-server",
            "cache authtoken s3api s3token keystoneauth slo proxy-server",
        ),
        (
            "authtoken slo s3api s3token keystoneauth proxy-server",
            "authtoken s3api s3token slo keystoneauth proxy-server",
        ),
        # tempauth
        ("cache tempauth slo proxy-server", "cache s3api tempauth slo proxy-server"),
        ("s3api cache tempauth slo proxy-server", "s3api cache tempauth slo proxy-server"),
        ("tempauth s3api slo proxy-server", "s3api tempauth slo proxy-server"),
    ],
)
def test_s3api_and_s3token_come_to_their_place(before: str, after: str) -> None:
    placement = place(before.split(), {})
    auth = Auth.TEMPAUTH if "tempauth" in before else Auth.KEYSTONE
    assert placement == Placement(tuple(after.split()), auth)
    assert place(after.split(), {}) == placement
    assert (
        place_s3(conf(f"pipeline = {before}"), OF_S3API).ini.text
        == conf(f"pipeline = {after}").text
    )


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        (
            "authtoken keystoneauth proxy-server",
            "authtoken s3api s3token keystoneauth proxy-server",
            NO_SLO,
        ),
        ("tempauth proxy-server", "s3api tempauth proxy-server", NO_SLO),
        (
            "slo authtoken keystoneauth proxy-server",
            "slo authtoken s3api s3token keystoneauth proxy-server",
            NO_SLO.replace("is not in", "stands before s3api in"),
        ),
        (
            "s3api s3token tempauth slo proxy-server",
            "s3api tempauth slo proxy-server",
            "s3token is taken out: with tempauth there is no Keystone to ask.",
        ),
    ],
)  # fmt: skip
def test_what_an_operator_should_know_is_noted(before: str, after: str, note: str) -> None:
    placement = place(before.split(), {})
    assert isinstance(placement, Placement)
    assert (placement.filters, placement.notes) == (tuple(after.split()), (note,))


def test_slo_under_another_name_is_noted() -> None:
    placement = place(["authtoken", "keystoneauth", "big", "proxy-server"], {"big": Role.SLO})
    assert isinstance(placement, Placement)
    (note,) = placement.notes
    assert note.startswith("slo is called big in the pipeline, and s3api finds it by the name slo")


@pytest.mark.parametrize(
    ("pipeline", "words", "named"),
    [
        ("", "the pipeline is empty", None),
        ("authtoken keystoneauth", "does not end in proxy-server", "keystoneauth"),
        ("proxy-server authtoken keystoneauth", "does not end in proxy-server", "keystoneauth"),
        ("cache slo proxy-server", "neither authtoken and keystoneauth nor tempauth", None),
        ("authtoken slo proxy-server", "authtoken but no keystoneauth", "authtoken"),
        ("authtoken tempauth proxy-server", "authtoken but no keystoneauth", "authtoken"),
        ("keystoneauth slo proxy-server", "keystoneauth but no authtoken", "keystoneauth"),
        ("keystoneauth authtoken proxy-server", "stands before authtoken", "keystoneauth"),
        ("tempauth authtoken keystoneauth proxy-server", "both tempauth and", "tempauth"),
        ("tempauth keystoneauth proxy-server", "both tempauth and keystoneauth", "tempauth"),
        ("swift3 swift3 authtoken keystoneauth proxy-server", "has swift3 2 times", "swift3"),
        ("s3api authtoken s3api keystoneauth proxy-server", "has s3api 2 times", "s3api"),
        ("authtoken authtoken keystoneauth proxy-server", "authtoken 2 times", "authtoken"),
        ("proxy-server authtoken keystoneauth proxy-server", "2 times", "proxy-server"),
    ],
)
def test_a_pipeline_that_cannot_be_served_is_refused_with_a_reason(
    pipeline: str, words: str, named: str | None
) -> None:
    problem = place(pipeline.split(), {})
    assert isinstance(problem, PipelineProblem)
    assert words in problem.reason
    assert problem.filter == named
    assert words in str(refusal(conf(f"pipeline = {pipeline}")))


@pytest.mark.parametrize(
    ("order", "before", "after"),
    [
        (OF_SWIFT3_1_7, "authtoken keystone slo", "swift3 s3token authtoken keystone slo"),
        (
            OF_SWIFT3_1_7,
            "cache swift3 authtoken keystone",
            "cache swift3 s3token authtoken keystone",
        ),
        (OF_SWIFT3_1_8, "authtoken keystoneauth", "swift3 s3token authtoken keystoneauth"),
        (OF_SWIFT3_1_8, "authtoken keystone", "swift3 s3token authtoken keystoneauth"),
        (
            OF_SWIFT3_1_8,
            "authtoken swift3 s3token keystoneauth slo",
            "swift3 s3token authtoken keystoneauth slo",
        ),
        (
            OF_SWIFT3_1_8,
            "swift3 mine s3token mine2 authtoken keystoneauth",
            "swift3 mine s3token mine2 authtoken keystoneauth",
        ),
        (OF_SWIFT3_1_8, "slo authtoken keystoneauth", "swift3 s3token slo authtoken keystoneauth"),
        (OF_SWIFT3_1_8, "tempauth slo", "swift3 tempauth slo"),
        (OF_SWIFT3_1_12, "authtoken keystoneauth slo", "authtoken swift3 s3token keystoneauth slo"),
        (
            OF_SWIFT3_1_12,
            "swift3 s3token authtoken keystone slo",
            "authtoken swift3 s3token keystoneauth slo",
        ),
        (
            OF_SWIFT3_1_12,
            "authtoken s3api s3token keystoneauth slo",
            "authtoken swift3 s3token keystoneauth slo",
        ),
        (
            OF_S3API,
            "cache swift3 s3token authtoken keystone slo",
            "cache authtoken s3api s3token keystoneauth slo",
        ),
        (
            OF_S3API,
            "swift3 authtoken s3api s3token keystoneauth slo",
            "authtoken s3api s3token keystoneauth slo",
        ),
        (OF_S3API, "swift3 tempauth slo", "s3api tempauth slo"),
    ],
    ids=lambda value: value.name if isinstance(value, Order) else None,
)
def test_each_generation_has_an_order_and_names_of_its_own(
    order: Order, before: str, after: str
) -> None:
    keystone = "[filter:keystone]\nuse = egg:swift#keystoneauth\n"
    ini = conf(f"pipeline = {before} proxy-server", keystone)
    placed = place_s3(ini, order).ini
    assert main_pipeline(placed).value == f"{after} proxy-server"
    renamed = "keystone" in before.split() and "keystoneauth" in after.split()
    assert placed.header_line("filter:keystoneauth") == (7 if renamed else None)
    assert placed.header_line("filter:keystone") == (None if renamed else 7)
    assert place_s3(placed, order).ini is placed


@pytest.mark.parametrize(
    ("name", "role"),
    [("keystone", Role.KEYSTONEAUTH), ("s3", Role.S3API), ("token", Role.S3TOKEN)],
)
def test_a_filter_that_swift_would_not_find_by_its_name_gets_that(name: str, role: Role) -> None:
    filters = ["authtoken", "s3api", "s3token", "keystoneauth", "slo", "proxy-server"]
    others = [name if each == role.value else each for each in filters]
    placement = place(others, {name: role})
    assert isinstance(placement, Placement)
    assert (placement.filters, placement.renamed) == (tuple(filters), ((name, role.value),))


def test_a_filter_whose_name_another_section_has_is_refused() -> None:
    text = "[pipeline:main]\npipeline =\n  authtoken\n  keystone\n  proxy-server\n"
    text += "[filter:keystone]\nuse = egg:swift#keystoneauth\n[filter:keystoneauth]\nuse = x\n"
    problem = refusal(parse(text, Dialect.PASTE, name=NAME))
    assert problem.line == 4
    assert "there is another section [filter:keystoneauth]" in str(problem)


def test_a_pipeline_of_other_options_is_not_renamed_in() -> None:
    text = (
        "[DEFAULT]\nauth = authtoken keystone\n[pipeline:main]\npipeline = %(auth)s proxy-server\n"
    )
    text += "[filter:keystone]\nuse = egg:swift#keystoneauth\n"
    assert "put together from other options" in str(refusal(parse(text, Dialect.PASTE, name=NAME)))


def test_an_app_under_another_name_is_refused() -> None:
    problem = place(["authtoken", "keystoneauth", "proxy"], {"proxy": Role.PROXY})
    assert problem == PipelineProblem(
        "the proxy's app is called proxy, but s3api finds it by the name proxy-server only. "
        "Rename it, in the pipeline and in its section.",
        "proxy",
    )


def test_authtoken_may_have_any_name() -> None:
    names = ["auth", "keystoneauth", "slo", "proxy-server"]
    placement = place(names, {"auth": Role.AUTHTOKEN})
    assert isinstance(placement, Placement)
    assert placement.filters == ("auth", "s3api", "s3token", "keystoneauth", "slo", "proxy-server")


@pytest.mark.parametrize(
    ("section", "role"),
    [
        ("[filter:x]\nuse = egg:swift#s3api\n", Role.S3API),
        ("[filter:x]\nuse = egg:swift#s3token\n", Role.S3TOKEN),
        ("[filter:x]\nuse = egg:swift3#s3token\n", Role.S3TOKEN),
        (FACTORY + "keystone.middleware.s3_token:filter_factory", Role.S3TOKEN),
        ("[filter:x]\nuse = egg:swift3#swift3\n", Role.SWIFT3),
        ("[filter:x]\nuse = egg:swift#keystoneauth\n", Role.KEYSTONEAUTH),
        (FACTORY + "keystonemiddleware.auth_token:filter_factory", Role.AUTHTOKEN),
        (FACTORY + "keystoneclient.middleware.auth_token:filter_factory", Role.AUTHTOKEN),
        ("[filter:x]\nuse = egg:keystonemiddleware#auth_token\n", Role.AUTHTOKEN),
        ("[filter:x]\nuse = egg:swift#tempauth\n", Role.TEMPAUTH),
        ("[filter:x]\nuse = egg:swift#slo\n", Role.SLO),
        ("[filter: x]\nuse = egg:swift#slo\n", Role.SLO),
        ("[app:x]\nuse = egg:swift#proxy\n", Role.PROXY),
        ("[filter:x]\nuse = y\n[filter:y]\nuse = egg:swift#slo\n", Role.SLO),
        ("[filter:x]\nuse = y\n[filter:y]\nuse = x\n", None),
        ("[filter:x]\nuse = egg:swift#ratelimit\n", None),
        ("[filter:x]\na = 1\n", None),
        ("[x]\nuse = egg:swift#slo\n", None),
    ],
)  # fmt: skip
def test_a_filter_is_known_by_what_its_section_uses(section: str, role: Role | None) -> None:
    assert roles(parse(section, Dialect.PASTE, name=NAME)).get("x") is role


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "pipeline=authtoken  keystoneauth\tslo proxy-server",
            "pipeline=authtoken s3api s3token  keystoneauth\tslo proxy-server",
        ),
        (
            "pipeline = cache authtoken\n    keystoneauth slo\n      proxy-server",
            "pipeline = cache authtoken s3api s3token\n    keystoneauth slo\n      proxy-server",
        ),
        (
            "pipeline =\n    authtoken\n    keystoneauth\n    slo\n    proxy-server",
            (
                "pipeline =\n    authtoken\n    s3api\n    s3token\n    keystoneauth\n    slo"
                "\n    proxy-server"
            ),
        ),
        (
            "pipeline: authtoken\n\tkeystoneauth\n\tslo\n\tproxy-server",
            "pipeline: authtoken\n\ts3api\n\ts3token\n\tkeystoneauth\n\tslo\n\tproxy-server",
        ),
        (
            (
                "pipeline =\n  # signs in\n  authtoken\n# decides\n\n  keystoneauth\n  slo"
                "\n  proxy-server"
            ),
            (
                "pipeline =\n  # signs in\n  authtoken\n  s3api\n  s3token\n# decides\n"
                "\n  keystoneauth\n  slo\n  proxy-server"
            ),
        ),
        (
            "pipeline =\n  s3api\n  s3token\n  authtoken\n  keystoneauth\n  slo\n  proxy-server",
            "pipeline =\n  authtoken\n  s3api\n  s3token\n  keystoneauth\n  slo\n  proxy-server",
        ),
        (
            "pipeline = s3api\n  authtoken\n  keystoneauth\n  slo\n  proxy-server",
            "pipeline = \n  authtoken\n  s3api\n  s3token\n  keystoneauth\n  slo\n  proxy-server",
        ),
        (
            "pipeline = cache s3api\n  s3token authtoken keystoneauth\n  slo proxy-server",
            "pipeline = cache\n  authtoken s3api s3token keystoneauth\n  slo proxy-server",
        ),
        (
            "pipeline = tempauth\n  slo\n  proxy-server",
            "pipeline = s3api\n  tempauth\n  slo\n  proxy-server",
        ),
        (
            "pipeline =\n  tempauth\n  slo\n  proxy-server",
            "pipeline =\n  s3api\n  tempauth\n  slo\n  proxy-server",
        ),
        (
            "pipeline = tempauth\tslo\n proxy-server",
            "pipeline = s3api tempauth\tslo\n proxy-server",
        ),
    ],
)
def test_a_pipeline_keeps_its_shape(before: str, after: str) -> None:
    ini = conf(before, "[filter:cache]\nuse = egg:swift#memcache\n")
    edited = place_s3(ini, OF_S3API).ini
    assert edited.text == ini.text.replace(before, after)
    assert place_s3(edited, OF_S3API).ini is edited


def test_a_comment_behind_a_filter_is_filters_too_as_config_parser_has_it() -> None:
    problem = refusal(conf("pipeline =\n  tempauth\n  slo ; not slo\n  proxy-server"))
    assert "has slo 2 times" in str(problem)


def test_a_pipeline_with_windows_line_ends_keeps_them() -> None:
    text = "[pipeline:main]\r\npipeline =\r\n  tempauth\r\n  slo\r\n  proxy-server\r\n"
    edited = place_s3(parse(text, Dialect.PASTE, name=NAME), OF_S3API).ini
    assert edited.text == text.replace("  tempauth", "  s3api\r\n  tempauth")


def test_a_refusal_names_the_line_of_the_filter() -> None:
    problem = refusal(conf("pipeline =\n  cache\n  # note\n  authtoken\n  slo\n  proxy-server"))
    assert problem.line == 8
    assert str(problem).startswith(f"{NAME}, line 8: the pipeline has authtoken but no")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 0, "there is no [pipeline:main], so this is no proxy-server.conf"),
        ("[app:proxy-server]\nuse = egg:swift#proxy\n", 0, "there is no [pipeline:main]"),
        ("\n[composite:main]\nuse = x\n", 2, "made by [composite:main]"),
        ("[pipeline:main]\npipeline = x\n[app:main]\n", 3, "made by [app:main]"),
        ("[pipeline:main]\n# pipeline = x\n", 1, "has no option `pipeline`"),
        (
            (
                "[DEFAULT]\nauth = authtoken keystoneauth slo\n[pipeline:main]\n"
                "pipeline = %(auth)s proxy-server\n"
            ),
            4,
            "put together from other options by %(...)s",
        ),
    ],
)
def test_a_file_without_a_plain_main_pipeline_is_refused(text: str, line: int, words: str) -> None:
    problem = refusal(parse(text, Dialect.PASTE, name=NAME))
    assert problem.line == line
    assert words in str(problem)


def test_a_pipeline_made_of_other_options_is_left_when_it_is_right() -> None:
    auth = "authtoken s3api s3token keystoneauth"
    text = f"[DEFAULT]\nauth = {auth}\n[pipeline:main]\npipeline = %(auth)s slo proxy-server\n"
    ini = parse(text, Dialect.PASTE, name=NAME)
    assert place_s3(ini, OF_S3API).ini is ini


def test_other_filters_are_not_placed() -> None:
    with pytest.raises(ValueError, match="only s3api and s3token"):
        with_filters(
            conf("pipeline = a b proxy-server"), ["b", "a", "proxy-server"], ["s3api", "s3token"]
        )


def test_debians_pipeline_with_tempauth_gets_s3api_before_it() -> None:
    ini = parse(debian("proxy-server.conf"), Dialect.PASTE, name=NAME)
    placed = place_s3(ini, OF_S3API)
    assert placed.auth is Auth.TEMPAUTH
    assert placed.notes == ()
    assert placed.ini.text == ini.text.replace(
        "ratelimit tempauth copy", "ratelimit s3api tempauth copy"
    )


def test_debians_pipeline_with_keystone_gets_both_behind_authtoken() -> None:
    text = debian("proxy-server.conf").replace("\npipeline = ", "\n# pipeline = ", 1)
    text = text.replace("\n#pipeline = ", "\npipeline = ", 1)
    placed = place_s3(parse(text, Dialect.PASTE, name=NAME), OF_S3API)
    assert placed.auth is Auth.KEYSTONE
    wanted = "\npipeline = catch_errors gatekeeper healthcheck proxy-logging cache container_sync bulk tempurl ratelimit authtoken s3api s3token keystoneauth copy"  # noqa: E501
    assert wanted in placed.ini.text
    assert placed.ini.text.replace(" s3api s3token", "") == text


@st.composite
def pipelines(draw: st.DrawFn) -> str:
    """Return a pipeline option of any shape, with s3api and s3token anywhere or nowhere."""
    names = ["authtoken", "keystoneauth", "proxy-server"]
    if draw(st.booleans()):
        names = ["tempauth", "proxy-server"]
    others = st.sampled_from(["cache", "slo", "s3api", "s3token", "ratelimit", "mine"])
    for name in draw(st.lists(others, unique=True)):
        names.insert(draw(st.integers(0, len(names) - 1)), name)
    for _ in range(draw(st.integers(0, 2))):
        names.insert(draw(st.integers(0, len(names) - 1)), "proxy-logging")
    text = "pipeline =" + draw(st.sampled_from([" ", "", "\n   "]))
    stacked = draw(st.booleans())
    breaks = st.sampled_from(["\n   ", "\n\t", "\n  # note\n ", "\n#s3api\n\n  "])
    blanks = st.sampled_from([" ", "  ", "\t"])
    for name in names:
        text += name + draw(breaks if stacked else blanks | breaks)
    return text.rstrip()


@law
@given(pipelines())
def test_any_pipeline_is_put_right_and_its_other_filters_stay_in_order(pipeline: str) -> None:
    ini = conf(pipeline, "[filter:cache]\na = 1\n")
    before = main_pipeline(ini).value.split()
    placed = place_s3(ini, OF_S3API)
    view = paste_view(placed.ini.text)
    assert view is not None
    after = view["pipeline:main"].pop("pipeline").split()
    ours = {"s3api", "s3token"}
    assert [name for name in after if name not in ours] == [n for n in before if n not in ours]
    if placed.auth is Auth.KEYSTONE:
        order = [after.index(n) for n in ("authtoken", "s3api", "s3token", "keystoneauth")]
        assert order == sorted(order)
        if "slo" in after and after.index("slo") > after.index("authtoken"):
            assert after.index("s3token") < after.index("slo")
    else:
        assert "s3token" not in after
        assert after.index("s3api") < after.index("tempauth")
    old_view = paste_view(ini.text)
    assert old_view is not None
    del old_view["pipeline:main"]["pipeline"]
    assert view == old_view
    comments = [line for line in ini.text.splitlines() if line.strip().startswith("#")]
    assert [li for li in placed.ini.text.splitlines() if li.strip().startswith("#")] == comments
    assert place_s3(placed.ini, OF_S3API).ini is placed.ini
