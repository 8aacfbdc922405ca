"""The switch of the mail server (guide 9.9, 4.2, 4.3), made safe: not one mail is lost or sent twice at any cut."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.mta import MtaPlan
from workflows.step import Step
from workflows.steps.gate import WaitForDispatch
from workflows.steps.migrate import ProveMigrations
from workflows.steps.mta_begin import InstallMailServer, LookAtMail, WriteConfiguration
from workflows.steps.mta_change import ChooseMailServer, StartNewServer, StopOldServer, WriteMaps
from workflows.steps.mta_proof import IfItRan, ProveMail, RecordMailSwitch, VerifyMail
from workflows.steps.mta_queue import DrainQueue, MoveQueue
from workflows.steps.start import StartBackend, StartFrontend
from workflows.steps.stop import StopApplication


def steps(plan: MtaPlan) -> Iterator[Step]:
    """The steps of a switch, in order."""
    hop = plan.hop
    yield LookAtMail(plan)
    yield InstallMailServer(plan)
    yield WriteConfiguration(plan)  # checked in a folder aside before a file is written
    yield WaitForDispatch(hop, plan.gate)
    yield DrainQueue(plan)
    yield StopApplication(hop)
    yield StopOldServer(plan)  # stopped and disabled, its queue empty or told what to do with it
    yield MoveQueue(plan)  # between two servers that both stand still
    yield ChooseMailServer(plan)
    yield WriteMaps(plan)  # before the start: without them Postfix would put off every mail
    yield StartNewServer(plan)
    yield ProveMail(plan)
    yield IfItRan(StartFrontend(hop, plan.start_timeout), hop)
    yield IfItRan(ProveMigrations(hop, plan.start_timeout, plan.migrate_timeout), hop)
    yield StartBackend(hop)
    yield VerifyMail(plan)
    yield RecordMailSwitch(plan)
