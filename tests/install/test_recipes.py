"""The README's recipes for schedulers: read from the README, and tried as far as a test can.

The files' own words are used; only paths and addresses that a test cannot have are put elsewhere.
"""

from __future__ import annotations

import ast
import configparser
import datetime as dt
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import pytest
import typer
from ruamel.yaml import YAML

from audit.cli import COMMANDS, app, main
from audit.ledger import Ledger, schedules
from audit.schedule.cron import Pattern, parse
from audit.schedule.slots import due, slot, zone
from tests.worlds import joint_lender

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(
    r"^```(\w+)\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.M | re.S
)
PLACES = ("/usr/local/bin", "/etc/plainspoken", "/srv/credit", "/var/log/plainspoken")


def block(language: str, words: str) -> str:
    """Return the one block of the README in a language that holds these words."""
    (found,) = [text for kind, text in BLOCKS if kind == language and words in text]
    return found


def cron_lines(text: str) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return the variables of a crontab, and the times and the command of each line, as cron reads it."""
    variables, lines = {}, []
    for line in text.splitlines():
        if re.match(r"\w+=", line):
            name, _, value = line.partition("=")
            variables[name] = value
        elif line and not line.startswith("#"):
            *fields, command = line.split(None, 5)
            assert not re.search(r"(?<!\\)%", command), "cron ends a command at a bare %"
            lines.append((" ".join(fields), command.replace("\\%", "%")))
    return variables, lines


CRONTABS = [
    text for kind, text in BLOCKS if kind == "sh" and re.search(r"^\S+ \S+ +\* \* \* ", text, flags=re.M)
]
NIGHT, TICK = CRONTABS
ENV = block("sh", "PLAINSPOKEN_NOTIFY='")


def pattern_of(times: str) -> Pattern:
    """Return what the five fields of a line mean to the program's own calendar."""
    return parse(times, dt.date(2027, 1, 1))


# --- the commands are this program's ----------------------------------------------------------------


def commands() -> list[str]:
    """Return every call of the program in the README's blocks for the shell."""
    found = []
    for kind, text in BLOCKS:
        if kind == "sh":
            for line in text.replace("\\\n", " ").replace("\\%", "%").splitlines():
                line = re.sub(r"\$\([^)]*\)", "TODAY", line)
                plain = re.sub(r"\s#\s.*", "", line) if not line.startswith("#") else ""
                found += re.findall(r"(?:^|[;&|]\s|exec |\.venv/bin/| )(plainspoken [a-z][^;&|>\n]*)", plain)
    found += [" ".join(cronjob()["containers"][0]["command"])]
    found += [service()["Service"]["ExecStart"].removeprefix("/usr/local/bin/")]
    return [*dict.fromkeys(one.strip() for one in found)]


def cronjob() -> dict[str, Any]:
    """Return the pod of the Kubernetes job, with the job's own fields under ``job``."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)  # as kubectl reads it: 0400 is octal
    job = yaml.load(block("yaml", "CronJob"))
    return {**job["spec"]["jobTemplate"]["spec"]["template"]["spec"], "job": job}


def units() -> dict[str, str]:
    """Return the systemd units by their names."""
    parts = re.split(r"^# /etc/systemd/system/([\w.]+).*\n", block("ini", "[Service]"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def service() -> configparser.ConfigParser:
    """Return the service's sections."""
    return unit("plainspoken.service")


def unit(name: str) -> configparser.ConfigParser:
    """Return a unit's sections."""
    found = configparser.ConfigParser(interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(units()[name])
    return found


@pytest.mark.parametrize("command", commands())
def test_every_command_of_the_readme_has_these_options(command: str) -> None:
    """Each call in a block for the shell is one that the program's own parser takes."""
    with pytest.raises(SystemExit):
        main(["--version"])  # mounts the commands
    whole: Any = typer.main.get_command(app)
    _, name, *arguments = shlex.split(command)
    assert name in COMMANDS
    found: Any = whole.commands[name]
    while hasattr(found, "commands") and arguments and arguments[0] in found.commands:
        found = found.commands[arguments.pop(0)]
    found.make_context(name, arguments)  # parsed, and not run


# --- cron and the environment's file ---------------------------------------------------------------


def test_shell_and_systemd_read_the_environment_alike() -> None:
    """Names and values in single quotes or plain: what sh assigns is what systemd.exec(5) assigns."""
    lines = [line for line in ENV.splitlines() if not line.startswith("#")]
    stated = {}
    for line in lines:
        read = re.fullmatch(r"([A-Z_]+)=(?:'([^'\\]*)'|([\w/:.-]*))", line)
        assert read is not None, line
        stated[read[1]] = read[2] or read[3] or ""
    done = subprocess.run(
        ["sh", "-c", "set -a\n" + ENV + "exec env -0"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
        text=True,
    )
    found = dict(one.split("=", 1) for one in done.stdout.split("\0") if one)
    assert {name: found[name] for name in stated} == stated
    assert service()["Service"]["EnvironmentFile"] in ENV.splitlines()[0]
    assert {"PATH", "PLAINSPOKEN_LEDGER", "PLAINSPOKEN_KEY_FILE", "PLAINSPOKEN_NOTIFY"} == set(stated)


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder that stands for the machine: program, environment, a lender, a place for the log."""
    program = tmp_path / "usr/local/bin/plainspoken"
    program.parent.mkdir(parents=True)
    python = f"import sys; sys.path[:0] = [{str(ROOT)!r}]; from audit.cli import main; main()"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(python)} "$@"\n')
    program.chmod(0o755)
    world = joint_lender.build(tmp_path / "srv/credit", n=60)
    shutil.copy(world.config, world.folder / "night.yaml")
    (tmp_path / "etc/plainspoken").mkdir(parents=True)
    (tmp_path / "var/log/plainspoken").mkdir(parents=True)
    environment = elsewhere(ENV, tmp_path).replace(
        "postgresql+psycopg://audit@db/ledger", f"sqlite:///{tmp_path / 'ledger.db'}"
    )
    (tmp_path / "etc/plainspoken/env").write_text(re.sub(r"(PLAINSPOKEN_NOTIFY)=.*", r"\1=", environment))
    return tmp_path


def elsewhere(text: str, machine: Path) -> str:
    """Return a text with the machine's places in a folder."""
    for place in PLACES:
        text = text.replace(place, str(machine) + place)
    return text


def as_cron(crontab: str, machine: Path) -> list[subprocess.CompletedProcess[str]]:
    """Run each line of a crontab as cron does: by sh, with next to nothing in its environment."""
    variables, lines = cron_lines(elsewhere(crontab, machine))
    environment = {"HOME": str(machine), "SHELL": "/bin/sh", "LOGNAME": "audit", "PATH": "/usr/bin:/bin"}
    return [
        subprocess.run(
            ["/bin/sh", "-c", command],
            env=environment | variables,
            cwd=machine,
            capture_output=True,
            text=True,
        )
        for _, command in lines
    ]


def test_cron_audits_the_night_and_writes_its_letters(machine: Path) -> None:
    """The lines of the night, run by sh: an audit under the day's name, then the letters of that audit."""
    (audited, written) = as_cron(NIGHT, machine)
    assert audited.returncode in (0, 3), audited.stderr
    assert written.returncode in (0, 3), written.stderr
    today = dt.date.today().isoformat()
    told = json.loads((machine / "srv/credit/run.log").read_text().splitlines()[-1])
    with Ledger.open(str(machine / "srv/credit/ledger.db")) as ledger:
        (audit,) = ledger.audits()
        assert (audit.audit, audit.slot) == (told["audit"], today)
        issued = {(one.decision, one.role) for one in ledger.documents(audit.audit) if one.decision}
    letters = list((machine / "srv/credit/out" / today).rglob("*.pdf"))
    assert len(letters) == len(issued) > 0
    assert [pattern_of(times) for times, _ in cron_lines(NIGHT)[1]]


def test_cron_ticks(machine: Path) -> None:
    """The line of each minute, run by sh with the environment's file: what is due runs once."""
    ((times, _),) = cron_lines(TICK)[1]
    now = dt.datetime(2027, 3, 14, 12, 0, tzinfo=dt.UTC)
    assert len(due(pattern_of(times), "UTC", now - dt.timedelta(hours=1), now)) == 60
    key = machine / "etc/plainspoken/ledger.key"
    with Ledger.open(f"sqlite:///{machine / 'ledger.db'}", create=True, key_file=key) as ledger:
        schedules.add(
            ledger,
            "daily",
            config=str(machine / "srv/credit/night.yaml"),
            expression="every 1d",
            zone="UTC",
            missed="latest",
            out=None,
            reason="",
            by="Operations",
            at=dt.datetime.now(dt.UTC) - dt.timedelta(days=1, minutes=1),
        )
    codes = [one.returncode for _ in range(2) for one in as_cron(TICK, machine)]
    assert codes[0] in (0, 3)
    assert codes[1] == 0
    log = [json.loads(line) for line in (machine / "var/log/plainspoken/tick.log").read_text().splitlines()]
    assert [len(one["ran"]) for one in log] == [1, 0]
    assert log[0]["ran"][0]["slot"].endswith("T00:00[UTC]")


def test_without_its_environment_cron_does_nothing(machine: Path) -> None:
    """Where the file is not there, no other ledger is taken in its place."""
    (machine / "etc/plainspoken/env").unlink()
    (done,) = as_cron(TICK, machine)
    assert done.returncode != 0
    assert not list(machine.rglob("ledger.db"))


# --- systemd, Kubernetes ---------------------------------------------------------------------------


def test_the_units_say_what_the_exit_codes_mean() -> None:
    """One short service that a timer starts each minute; a requirement that is not so is no failure."""
    assert set(units()) == {"plainspoken.service", "plainspoken.timer"}  # by its name the timer finds it
    told = service()["Service"]
    assert (told["Type"], told["SuccessExitStatus"]) == ("oneshot", "3")
    timer = unit("plainspoken.timer")
    assert dict(timer["Timer"]) == {"OnCalendar": "minutely", "Persistent": "true"}
    assert timer["Install"]["WantedBy"] == "timers.target"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_finds_no_fault_in_the_units(machine: Path) -> None:
    """``systemd-analyze verify`` is silent about both units."""
    for name, text in units().items():
        (machine / name).write_text(elsewhere(text, machine))
    done = subprocess.run(
        ["systemd-analyze", "verify", *(str(machine / name) for name in units())],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_kubernetes_job_fits_together() -> None:
    """What is mounted is there under the names that the environment gives, and the times can be kept."""
    pod = cronjob()
    spec = pod["job"]["spec"]
    assert (pod["job"]["apiVersion"], pod["job"]["kind"]) == ("batch/v1", "CronJob")
    now = dt.datetime(2027, 3, 14, 12, 0, tzinfo=dt.UTC)
    times = due(pattern_of(spec["schedule"]), spec["timeZone"], now - dt.timedelta(hours=1), now)
    assert {later.due_at - one.due_at for one, later in pairwise(times)} == {
        dt.timedelta(seconds=spec["startingDeadlineSeconds"])
    }
    assert zone(spec["timeZone"])
    assert spec["concurrencyPolicy"] == "Forbid"
    assert (pod["restartPolicy"], spec["jobTemplate"]["spec"]["backoffLimit"]) == ("Never", 0)
    (container,), (volume,) = pod["containers"], pod["volumes"]
    (mount,) = container["volumeMounts"]
    assert mount["name"] == volume["name"]
    assert mount["mountPath"] in re.findall(r"PLAINSPOKEN_KEY_FILE='(.*)/ledger\.key'", ENV)
    assert volume["secret"]["defaultMode"] == 0o400


# --- Airflow ---------------------------------------------------------------------------------------


class Moment(dt.datetime):
    """A moment as Airflow's templates have it: with the one method of pendulum's that is asked for."""

    def in_timezone(self, name: str) -> dt.datetime:
        """Return the moment on the clocks of a zone."""
        return self.astimezone(ZoneInfo(name))


def dag() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments of the DAG and of its task, as far as they are plain values."""
    calls = [one for one in ast.walk(ast.parse(block("python", "from airflow"))) if isinstance(one, ast.Call)]
    named = {one.func.id: one for one in calls if isinstance(one.func, ast.Name)}
    found = []
    for name in ("DAG", "BashOperator"):
        values = {word.arg: word.value for word in named[name].keywords}
        found.append({str(k): v.value for k, v in values.items() if isinstance(v, ast.Constant)})
    return found[0], found[1]


def rendered(moment: Moment) -> str:
    """Return the task's command for a logical date."""
    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(dag()[1]["bash_command"])
    return template.render(logical_date=moment)


def test_airflow_names_the_slot_as_tick_does() -> None:
    """Each moment of its calendar gives this program's slot; the hour that comes twice gives one."""
    pattern = pattern_of(dag()[0]["schedule"])
    for day in (dt.date(2027, 3, 14), dt.date(2027, 7, 1), dt.date(2027, 11, 7)):
        midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
        (mine,) = due(pattern, "America/New_York", midnight, midnight + dt.timedelta(days=1))
        moment = Moment.fromtimestamp(mine.due_at.timestamp(), dt.UTC)
        words = shlex.split(rendered(moment).partition("||")[0])
        assert words[words.index("--slot") + 1] == mine.name
    twice = [rendered(Moment(2027, 11, 7, hour, 30, tzinfo=dt.UTC)) for hour in (5, 6)]
    assert twice[0] == twice[1]
    assert slot(dt.datetime(2027, 11, 7, 1, 30), "America/New_York").name in twice[0]


@pytest.mark.parametrize(("code", "ends_with"), [(0, 0), (1, 1), (2, 2), (3, 0), (4, 4), (75, 75), (76, 76)])
def test_airflow_fails_where_the_run_failed_and_not_where_a_requirement_is_not_so(
    code: int, ends_with: int, tmp_path: Path
) -> None:
    """The task's command passes every exit code on but 3, by the shell that BashOperator calls."""
    said = tmp_path / "said"
    program = tmp_path / "plainspoken"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {shlex.quote(str(said))}\nexit {code}\n')
    program.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", rendered(Moment(2027, 1, 2, 6, 30, tzinfo=dt.UTC))],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    assert done.returncode == ends_with
    arguments = ["run", "/srv/credit/night.yaml", "--json", "--slot", "2027-01-02T01:30[America/New_York]"]
    assert said.read_text().splitlines() == arguments
