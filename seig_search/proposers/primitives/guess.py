"""What may be varied when a picture is read as a scene: one set of values is one scaffold."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

__all__ = ["Guess", "guesses"]


@dataclass(frozen=True, slots=True)
class Guess:
    """How to read a picture where it does not say.

    Args:
        elevation: Degrees of the camera above the horizon; None takes what the picture suggests.
        fov: Degrees across the longer side.
        sensitivity: Above 1 finds fainter and smaller things.
        second_shape: Whether things whose second-best shape is nearly as good get that one.
        why: What is special about it, for people.
    """

    elevation: float | None = None
    fov: float = 45.0
    sensitivity: float = 1.0
    second_shape: bool = False
    why: str = "what the picture suggests"


def guesses(
    first: int, count: int, camera_known: bool, rng: np.random.Generator, fov: float = 45.0, sensitivity: float = 1.0
) -> list[Guess]:
    """Give ``count`` ways to read a picture, best first; those of later expansions differ from those before.

    Args:
        first: How many were given before.
        count: How many are wanted.
        camera_known: Whether there is no camera to guess.
        rng: The only source of randomness.
        fov: Degrees across the longer side, for the first guess.
        sensitivity: For the first guess.
    """
    plain = Guess(fov=fov, sensitivity=sensitivity)
    fixed = [plain, replace(plain, sensitivity=1.4 * sensitivity, why="more sensitive to faint things")]
    if not camera_known:
        fixed += [
            replace(plain, elevation=35.0, why="a camera 35 degrees up"),
            replace(plain, elevation=20.0, why="a camera 20 degrees up"),
            replace(plain, elevation=50.0, why="a camera 50 degrees up"),
            replace(plain, fov=0.67 * fov, why="a longer lens"),
        ]
    fixed += [
        replace(plain, sensitivity=0.7 * sensitivity, why="only what stands out"),
        replace(plain, second_shape=True, why="the second-best shape where it is close"),
    ]
    chosen = fixed[first : first + count]
    while len(chosen) < count:
        other = sensitivity * float(np.exp(rng.normal(0, 0.3)))
        guess = replace(plain, sensitivity=other, second_shape=bool(rng.random() < 0.4), why="a random reading")
        if not camera_known:
            guess = replace(guess, elevation=float(rng.uniform(12, 65)), fov=float(rng.uniform(25, 60)))
        chosen.append(guess)
    return chosen
