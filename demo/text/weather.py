"""Reads temperatures from weather stations."""


def mean_temperature(readings):
    """The mean of all readings in degrees Celsius; None where there are none."""
    values = [reading["celsius"] for reading in readings if reading.get("celsius") is not None]
    return sum(values) / len(values) if values else None


class Station:
    """A station that measures once a minute."""

    def __init__(self, name, altitude):
        self.name = name
        self.altitude = altitude

    def is_freezing(self, readings):
        mean = mean_temperature(readings)
        return mean is not None and mean < 0
