"""The demo's scenes of whom an environment belongs to: a trial without Twilio, what is used of its limits, and texts in
the languages of those who get them.
"""

from demo_clients import ENVIRONMENT, TRIAL_ENVIRONMENT, event
from demo_steps import OUTCOME_S, STRUCTURED, Steps, new_challenge
from servers import until

RELOAD_S = 10  # until a changed file is in force
ALLOWANCE = 10
TEXTS = {
    "de-AT": "Ihr Bestätigungscode lautet {}",
    "ar": "رمز التحقق الخاص بك هو {}",
    "zh-HK": "您的驗證碼是 {}",
}


class Owner(Steps):
    def a_text_in_their_language(self):
        self.report.scene("The fixed text, in the language of the person's browser")
        for number, (locale, text) in enumerate(TEXTS.items()):
            phone = f"+6142000040{number}"
            self.expect(self.produce(phone, new_challenge(), locale=locale), f"{locale}: sent", "sent")
            arrived, code = self.text(phone)
            self.report.check("in one text of its own, the digits as they are typed", arrived["body"], text.format(code))

    def a_trial(self):
        self.report.scene("An environment without Twilio has ten texts a month, by the Kinde sender")
        world = self.world
        world.write_trial()
        until(lambda: TRIAL_ENVIRONMENT in world.environments_in_force(), RELOAD_S, "the settings are in force")
        connection = world.sendcode.settings(TRIAL_ENVIRONMENT)["connection_id"]
        phones = {new_challenge(): f"+614200005{number:02}" for number in range(ALLOWANCE + 1)}
        lines = [
            (phone, event(phone, challenge, connection, environment_id=TRIAL_ENVIRONMENT))
            for challenge, phone in phones.items()
        ]
        world.kafka.produce("sms.send-code", lines, STRUCTURED)
        until(lambda: len(world.kafka.outcomes(phones)) == len(phones), OUTCOME_S, "eleven outcomes")
        outcomes = world.kafka.outcomes(phones).values()
        sent = [outcome for outcome in outcomes if outcome["status"] == "sent"]
        self.report.check("ten are sent, by Kinde", [outcome["sender"] for outcome in sent], ["kinde"] * ALLOWANCE)
        others = [outcome for outcome in outcomes if outcome["status"] != "sent"]
        self.expect(others[0], "the eleventh is rejected", "rejected", "allowance_used_up")
        self.report.check("until the month's turn", 0 < others[0]["retry_after_s"] <= 31 * 86400)
        allowance = world.sendcode.settings(TRIAL_ENVIRONMENT)["allowance"]
        self.report.say(f"sendcode settings show: {allowance['left']} left, until {allowance['ends_at']}")
        self.report.check("`sendcode settings show` says that none is left", allowance["left"], 0)

    def what_is_used(self):
        self.report.scene("What is used of an environment's limits now")
        used = self.world.sendcode.usage(ENVIRONMENT)
        for line in used["limits"]:
            subject = f" {line['subject']}" if "subject" in line else ""
            if "used" in line:
                self.report.say(f"{line['per']}{subject} in {line['window']}: {line['used']} of {line['max']}")
        of_environment = [line["used"] for line in used["limits"] if line["per"] == "environment"]
        self.report.check("the environment's own are among them", len(of_environment) > 0 and min(of_environment) > 0)
