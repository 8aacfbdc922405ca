"""The switch of the mail server (guide 9.9, 4.2, 4.3), made safe: not one mail is lost or sent twice at any cut."""

from __future__ import annotations

from collections.abc import Iterator

from workflows.model.step import Step
from workflows.rules.mta import MtaPlan
from workflows.steps.application.gate import WaitForDispatch
from workflows.steps.application.start import StartBackend
from workflows.steps.application.stop import StopApplication
from workflows.steps.mail.begin import InstallMailServer, LookAtMail, WriteConfiguration
from workflows.steps.mail.change import ChooseMailServer, StartNewServer, StopOldServer, WriteMaps
from workflows.steps.mail.proof import ProveMail, ProveMigrationsAgain, RecordMailSwitch, StartFrontendAgain, VerifyMail
from workflows.steps.mail.queue import DrainQueue, MoveQueue


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
    yield StartFrontendAgain(hop, plan.start_timeout)
    yield ProveMigrationsAgain(hop, plan.start_timeout, plan.migrate_timeout)
    yield StartBackend(hop)
    yield VerifyMail(plan)
    yield RecordMailSwitch(plan)
