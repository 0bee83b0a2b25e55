"""A made-up scene for tuners of light: patterns of light on surfaces, so that what is right is known."""

from concurrent.futures import Future

import numpy as np
from scipy.ndimage import gaussian_filter

from seig_search.candidate import Status
from seig_search.program import Parameter
from seig_search.stages import Stage
from seig_search.target import Target
from seig_search.tuning import LightsTuner, Trial, TuningProblem
from seig_search.tuning.light_layers import LightLayers
from seig_search.tuning.view_curve import encoded

HEIGHT, WIDTH = 48, 64


def number(name, value, low, high, log=True, unit="W", stage=Stage.LIGHTING):
    return Parameter(name, name, value, "float", low, high, log, unit, (), stage, 1, True)


def colour(name, value, stage=Stage.LIGHTING):
    return Parameter(name, name, value, "rgb", 0.0, 1.0, False, "", (), stage, 1, True)


def filmic(linear):
    """A curve that is not Standard's: mixes channels and rolls off."""
    mix = np.array([[0.86, 0.10, 0.04], [0.05, 0.90, 0.05], [0.04, 0.12, 0.84]])
    x = np.maximum(linear @ mix.T, 0)
    return np.clip((x / (x + 0.35)) ** 0.8, 0, 1)


class World:
    """Lights with smooth patterns; the truth, and renders with any values."""

    def __init__(self, lights, rng, view=encoded, spoil=2.0, alpha=False):
        self.rng, self.view = rng, view
        noise = rng.uniform(0, 1, (lights + 2, HEIGHT, WIDTH, 1))
        smooth = gaussian_filter(noise, (0, 6, 6, 0))
        smooth = (smooth - smooth.min()) / (smooth.max() - smooth.min())
        tint = rng.uniform(0.3, 1.0, (1, HEIGHT, WIDTH, 3))
        self.patterns = smooth**2 * gaussian_filter(tint, (0, 3, 3, 0)) * 2 / (lights + 1)
        self.names = (*(f"L{k}" for k in range(lights)), "world", "emission")
        self.alpha = np.full((HEIGHT, WIDTH), 255, np.uint8)
        if alpha:
            self.alpha[:, : WIDTH // 3] = 0
        truth = {f"L{k}_ENERGY": float(rng.uniform(60, 160)) for k in range(lights)}
        truth |= {f"L{k}_RGB": tuple(float(c) for c in rng.uniform(0.3, 0.95, 3)) for k in range(lights)}
        self.truth = {**truth, "SKY_STRENGTH": 0.8, "ANGLE": 0.5}
        self.looks = self.trials = 0
        self.fails = set()
        start = {}
        for key, value in self.truth.items():
            if isinstance(value, tuple):
                start[key] = tuple(float(np.clip(c * np.exp(rng.uniform(-0.4, 0.4)), 0.03, 1)) for c in value)
            else:
                start[key] = value * float(np.exp(rng.choice([-1, 1]) * rng.uniform(0.3, np.log(spoil))))
        start["ANGLE"] = 0.5
        self.start = start
        self.target = self.picture(self.truth)

    def albedo(self, values):
        """Bands of surfaces whose colours are numbers, each mixed with the next at the border; grey elsewhere."""
        paints = sorted(key for key in values if key.startswith("PAINT"))
        found = np.full((HEIGHT, WIDTH, 3), 0.5)
        for place, key in enumerate(paints):
            ramp = np.clip((np.arange(WIDTH) - WIDTH * (place + 0.5) / (len(paints) + 1)) / 6, 0, 1)[None, :, None]
            found = found * (1 - ramp) + np.array(values[key]) * ramp
        return found * (self.alpha[..., None] / 255)

    def layers(self, values):
        powers = np.ones((len(self.names), 3))
        for k, name in enumerate(self.names):
            if f"{name}_ENERGY" in values:
                powers[k] = values[f"{name}_ENERGY"] / 100 * np.array(values[f"{name}_RGB"])
        powers[-2] = values["SKY_STRENGTH"]
        shift = round(40 * (values["ANGLE"] - 0.5))
        moved = self.patterns.copy()
        moved[0] = np.roll(moved[0], shift, axis=1)
        lit = moved * powers[:, None, None, :] * (self.alpha[..., None] / 255)
        lit[:-1] *= self.albedo(values) / 0.5
        return lit.astype(np.float32)

    def picture(self, values):
        rgb = np.rint(self.view(self.layers(values).sum(axis=0).astype(float)) * 255)
        return np.dstack([rgb, self.alpha]).astype(np.uint8)

    def score(self, picture):
        return float(np.exp(-np.mean(np.abs(picture.astype(float) - self.target)) / 10))

    def trial(self, values):
        picture = self.picture({**self.start, **values})
        return Trial(Status.OK, self.score(picture), {}, lambda: picture)

    def problem(self, renders, *more):
        parameters = [
            colour(key, value) if isinstance(value, tuple) else number(key, value, 1, 1000)
            for key, value in self.start.items()
            if key not in ("SKY_STRENGTH", "ANGLE", *(parameter.key for parameter in more))
        ]
        parameters += [number("SKY_STRENGTH", self.start["SKY_STRENGTH"], 0.01, 10, unit=""), *more]
        target = Target.from_array(self.target)
        return TuningProblem(tuple(parameters), self.trial({}), renders, 4, Stage.LIGHTING, target, self.ask)

    def ask(self, values):
        self.looks += 1
        future = Future()
        whole = {**self.start, **values}
        failed = self.looks in self.fails
        future.set_result(None if failed else LightLayers(*self.look(whole)))
        return future

    def look(self, values):
        return self.layers(values), self.names, self.picture(values), self.albedo(values).astype(np.float32)

    def submit(self, values):
        self.trials += 1
        future = Future()
        future.set_result(self.trial(values))
        return future

    def tune(self, renders, *more, tuner=None):
        tuner = tuner or LightsTuner()
        return tuner.tune(self.problem(renders, *more), self.submit, np.random.default_rng(0), lambda now: None)

    def errors(self, values):
        """Of energy times colour by channel, which is what a picture tells."""
        now = {**self.start, **values}
        found = [abs(now["SKY_STRENGTH"] / self.truth["SKY_STRENGTH"] - 1)]
        for name in self.names[:-2]:
            ours, theirs = (v[f"{name}_ENERGY"] * np.array(v[f"{name}_RGB"]) for v in (now, self.truth))
            found += list(np.abs(ours / theirs - 1))
        return np.array(found)
