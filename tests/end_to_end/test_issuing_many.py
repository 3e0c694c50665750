"""Keys for many users by the program, on a real Keystone and Swift."""

from __future__ import annotations

import json
import signal
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.adapters.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cloud import Cloud, Ran

MEMBERS = 30
SOME = 12


@pytest.fixture(scope="module")
def keystone(served: Cloud) -> Iterator[Rest]:
    found = Rest(served.lab)
    yield found
    found.clean_up()


class Crowd:
    """A project of its own with users who have a role on it by a group."""

    def __init__(self, keystone: Rest, size: int) -> None:
        self._keystone = keystone
        self.project = f"crowd-{uuid.uuid4().hex[:8]}"
        self.group = f"{self.project}-group"
        self.project_id = keystone.make("project", name=self.project, domain_id="default")
        self.group_id = keystone.make("group", name=self.group, domain_id="default")
        (role,) = keystone.find("role", name="member")
        keystone.send(
            "PUT", f"/projects/{self.project_id}/groups/{self.group_id}/roles/{role['id']}"
        )
        self.users = {self.join(f"{self.project}-{number:02}") for number in range(size)}

    def join(self, name: str, **fields: object) -> str:
        """Make a user of the group and return their name."""
        user = self._keystone.make("user", name=name, domain_id="default", **fields)
        self._keystone.send("PUT", f"/groups/{self.group_id}/users/{user}")
        return name

    def keys(self) -> dict[str, list[dict[str, Any]]]:
        """Return the keys for the project, by the user's id."""
        found: dict[str, list[dict[str, Any]]] = {}
        for one in self._keystone.send("GET", "/credentials?type=ec2")["credentials"]:
            if one["project_id"] == self.project_id:
                found.setdefault(one["user_id"], []).append(json.loads(one["blob"]))
        return found


@pytest.fixture
def three(keystone: Rest) -> Crowd:
    return Crowd(keystone, 3)


@pytest.fixture(scope="module")
def many(keystone: Rest) -> Crowd:
    return Crowd(keystone, MEMBERS)


def issue(cloud: Cloud, *words: str, status: int = 0) -> Ran:
    return cloud.run("credentials", "issue", *words, status=status)


def lines(ran: Ran) -> dict[str, str]:
    """Return what is said of each user."""
    return dict(line.split(" in project ", 1) for line in ran.out.splitlines())


def rows(path: Path, *texts: str, header: str = "user,project") -> str:
    path.write_text("\n".join([header, *texts, ""]))
    return str(path)


def test_every_member_of_a_project_gets_a_key_and_files(
    served: Cloud, three: Crowd, tmp_path: Path
) -> None:
    three.join(f"{three.project}-off", enabled=False)
    words = ("--project", three.project, "--members", "--directory", str(tmp_path))
    ran = issue(served, *words, status=1)
    said = lines(ran)
    assert set(said) == {*three.users, f"{three.project}-off"}
    assert "is disabled" in said.pop(f"{three.project}-off")
    keys = {found["access"] for (found,) in three.keys().values()}
    assert len(keys) == 3
    for user, text in said.items():
        folder = tmp_path / f"{user}-{three.project}"
        access = text.partition("access key ")[2].partition(" ")[0]
        assert text.endswith("(made now)")
        assert access in keys
        assert access in (folder / ".s3cfg").read_text()
        assert (folder / "eucarc").stat().st_mode & 0o7777 == 0o600
    again = issue(served, *words, status=1)
    assert again.out == ran.out.replace("made now", "there already")
    assert "4 of 4: 0 made now, 3 there already, 1 failed" in again.err


def test_of_a_group_those_without_a_role_on_the_project_are_named(
    served: Cloud, keystone: Rest, three: Crowd
) -> None:
    other = Crowd(keystone, 1)
    (user,) = other.users
    (found,) = keystone.find("user", name=user)
    keystone.send("PUT", f"/groups/{three.group_id}/users/{found['id']}")
    keystone.send("DELETE", f"/groups/{other.group_id}/users/{found['id']}")
    words = ("--group", other.group, "--project", three.project, "--no-files")
    assert "has no users" in issue(served, *words, status=2).err
    ran = issue(served, "--group", three.group, "--project", other.project, "--no-files", status=1)
    assert len(lines(ran)) == 4
    assert all(f"has no role on project '{other.project}'" in why for why in lines(ran).values())
    assert other.keys() == {}


def test_the_rows_of_a_file_are_done_but_for_those_that_cannot(
    served: Cloud, keystone: Rest, three: Crowd, tmp_path: Path
) -> None:
    one, two, third = sorted(three.users)
    (known,) = keystone.find("user", name=third)
    file = tmp_path / "people.csv"
    text = (
        f'\ufeffproject,user,label,expires\r\n{three.project},"{one}",spring,90d\r\n\r\n'
        f"{three.project},nobody-at-all,,\r\nno-such-project,{two},,\r\n"
        f"{three.project},bob,,\r\n{three.project_id},{known['id']},,\r\n"
        f"{three.project},{third},,\r\n"
    )
    file.write_bytes(text.encode())
    ran = issue(served, "--from", str(file), "--no-files", "--format", "json", status=1)
    results = ran.document["results"]
    assert [one["user"] for one in results] == [one, "nobody-at-all", two, "bob", third, third]
    failed = [str(one["failed"]).partition(": ")[::2] for one in results]
    assert failed[1] == (f"{file}:4", "Keystone has no user 'nobody-at-all'. Check the spelling.")
    assert failed[2][1].startswith("Keystone has no project 'no-such-project'.")
    assert failed[3][0] == f"{file}:6"
    assert "'bob' has no role on project" in failed[3][1]
    assert f"the project of {file}:7 again" in failed[5][1]
    assert (ran.document["made"], ran.document["failed"], ran.document["exit_status"]) == (2, 4, 1)
    kept = {blob["access"]: blob["setup_tool"] for (blob,) in three.keys().values()}
    assert kept.keys() == {results[0]["access"], results[4]["access"]}
    assert kept[results[0]["access"]]["label"] == "spring"
    assert "expires" in kept[results[0]["access"]]
    assert "label" not in kept[results[4]["access"]]


def test_bad_rows_are_all_named_before_keystone_is_asked(served: Cloud, tmp_path: Path) -> None:
    file = rows(tmp_path / "bad.csv", "alice,demo", "alice", ",demo", "alice,demo")
    before = len(served.lab.access_lines())
    ran = issue(served, "--from", file, status=2)
    assert f"{file}:3: there are 1 values, and 2 columns" in ran.err
    assert f"{file}:4: there is no user." in ran.err
    assert f"{file}:5: this is the user and the project of {file}:2 again." in ran.err
    assert len(served.lab.access_lines()) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--members",), "--members needs a --project"),
        (("--group", "g"), "--group needs a --project"),
        (("--user", "alice", "--project", "demo", "--members"), "--user and --members each say"),
        (("--group", "g", "--from", "f", "--project", "p"), "--group and --from each say"),
        (("--from", "f", "--project", "p"), "--project does not go with --from"),
        (("--from", "no-such-file"), "There is no file no-such-file"),
        (("--project", "demo", "--members", "--new"), "needs a --label that no earlier key has"),
        (("--project", "no-such", "--members"), "no project 'no-such'"),
        (("--project", "demo", "--group", "no-such"), "no group 'no-such'"),
    ],
)
def test_what_does_not_go_together_is_refused(
    served: Cloud, words: tuple[str, ...], said: str
) -> None:
    assert said in issue(served, *words, status=2).err


def test_new_keys_for_many_go_by_their_label_and_a_second_run_makes_none(
    served: Cloud, three: Crowd
) -> None:
    words = ("--project", three.project, "--members", "--no-files")
    issue(served, *words)
    labelled = (*words, "--new", "--label", "spring", "--purpose", "a test")
    assert "3 of 3: 3 made now" in issue(served, *labelled).err
    assert "3 of 3: 0 made now, 3 there already" in issue(served, *labelled).err
    assert [len(found) for found in three.keys().values()] == [2, 2, 2]
    assert "3 of 3: 0 made now, 3 there already" in issue(served, *words).err


def test_a_run_that_was_killed_in_the_middle_goes_on_without_a_second_key_for_anybody(
    served: Cloud, many: Crowd, tmp_path: Path
) -> None:
    words = ("credentials", "issue", "--project", many.project, "--members")
    process = served.start(*words, "--directory", str(tmp_path))
    assert process.stdout is not None
    for _ in range(MEMBERS // 3):
        assert "made now" in process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert MEMBERS // 3 <= len(many.keys()) < MEMBERS
    ran = served.run(*words, "--directory", str(tmp_path))
    assert len(lines(ran)) == MEMBERS
    assert [len(found) for found in many.keys().values()] == [1] * MEMBERS
    assert len(list(tmp_path.glob("*/eucarc"))) == MEMBERS


def test_a_run_that_is_interrupted_prints_a_whole_document(served: Cloud, keystone: Rest) -> None:
    crowd = Crowd(keystone, SOME)
    words = ("credentials", "issue", "--project", crowd.project, "--members", "--no-files")
    process = served.start(*words, "--format", "json", "--forks", "1")
    assert process.stdout is not None
    begun = process.stdout.readline() + process.stdout.readline()
    process.send_signal(signal.SIGINT)
    document = json.loads(begun + process.stdout.read())
    _, err = process.communicate(timeout=served.patience)
    assert process.returncode == document["exit_status"] == 130
    assert document["not_begun"] == SOME - len(document["results"])
    assert "the same command goes on from here" in err
    served.run(*words)
    assert [len(found) for found in crowd.keys().values()] == [1] * SOME


def test_no_key_is_left_in_keystone_when_the_published_gateway_is_none(
    served: Cloud, keystone: Rest, three: Crowd, tmp_path: Path
) -> None:
    (service,) = keystone.find("service", type="s3")
    (public,) = keystone.find("endpoint", service_id=service["id"], interface="public")
    keystone.change("endpoint", public["id"], url=served.lab.record.url("keystone"))
    words = ("--project", three.project, "--members", "--directory", str(tmp_path / "keys"))
    try:
        ran = issue(served, *words, status=1)
    finally:
        keystone.change("endpoint", public["id"], url=public["url"])
    assert "stopped: " in ran.err
    assert "does not tell the region of its S3 API" in ran.err
    assert three.keys() == {}
    assert not (tmp_path / "keys").exists()


def test_two_runs_at_the_same_time_make_one_key_for_each(served: Cloud, keystone: Rest) -> None:
    crowd = Crowd(keystone, SOME)
    words = ("credentials", "issue", "--project", crowd.project, "--members", "--no-files")
    both = [served.start(*words) for _ in range(2)]
    outs = [process.communicate(timeout=served.patience)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [len(found) for found in crowd.keys().values()] == [1] * SOME
    said = [{line.partition(" (")[0] for line in out.splitlines()} for out in outs]
    assert said[0] == said[1]


def test_a_directory_with_the_keys_of_somebody_else_is_left_alone(
    served: Cloud, keystone: Rest, tmp_path: Path
) -> None:
    name = f"own-{uuid.uuid4().hex[:8]}"
    project = keystone.make("project", name=f"a-{name}", domain_id="default")
    keystone.make("project", name=name, domain_id="default")
    (second,) = keystone.find("project", name=name)
    users = {each: keystone.make("user", name=each, domain_id="default") for each in ("b", "b-a")}
    keystone.grant(users["b"], project, "member")
    keystone.grant(users["b-a"], second["id"], "member")
    first = rows(tmp_path / "first.csv", f"b,a-{name}")
    issue(served, "--from", first, "--directory", str(tmp_path / "keys"))
    (folder,) = (tmp_path / "keys").iterdir()
    before = (folder / "eucarc").read_bytes()
    ran = issue(
        served,
        *("--from", rows(tmp_path / "second.csv", f"b-a,{name}")),
        *("--directory", str(tmp_path / "keys")),
        status=1,
    )
    assert "is another user's or for another project" in ran.out
    assert (folder / "eucarc").read_bytes() == before
    issue(
        served,
        *("--from", rows(tmp_path / "both.csv", f"b-a,{name}", f"b,a-{name}")),
        *("--directory", str(tmp_path / "apart")),
    )
    assert len(list((tmp_path / "apart").iterdir())) == 2


def test_a_member_who_asks_for_others_is_told_that_it_takes_an_administrator(
    served: Cloud,
) -> None:
    ran = issue(served, *("--os-cloud", "lab-demo", "--project", "demo", "--members"), status=1)
    assert "does not let user 'demo'" in ran.err
    assert ran.out == ""
