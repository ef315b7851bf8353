"""One line a check, and the sum."""


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    @staticmethod
    def say(text):
        print(f"      {text}", flush=True)

    def check(self, sentence, got, wanted=True):
        if got == wanted:
            self.passed += 1
            print(f"ok    {sentence}", flush=True)
        else:
            self.fail(sentence, f"got {got!r}, wanted {wanted!r}")

    def fail(self, sentence, detail=""):
        self.failed += 1
        print(f"FAIL  {sentence}{f': {detail}' if detail else ''}", flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return int(self.failed > 0 or self.passed == 0)
