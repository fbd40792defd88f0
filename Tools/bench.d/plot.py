"""A plot of growth as SVG, by the standard library alone."""

import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 400, 70, 120, 40, 50
COLORS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#8c564b")


def growth(factors, lines):
    """CPU time an event relative to the smallest size, over how much a cause has grown; both axes
    logarithmic. The broken line is what growing in proportion would look like."""
    relative = {name: [value / values[0] for value in values] for name, values in lines.items()
                if values and values[0] > 0}
    low = min([0.5, *(max(0.05, value) for values in relative.values() for value in values)])
    high = max([factors[-1], *(value for values in relative.values() for value in values)])

    def x(factor):
        share = math.log(factor / factors[0]) / math.log(factors[-1] / factors[0])
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(value):
        share = math.log(max(value, low) / low) / math.log(high / low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
             f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             f'<text x="{LEFT}" y="22" font-size="14">CPU time an event, relative to the smallest '
             'size</text>']
    for factor in factors:
        parts += [f'<line x1="{x(factor):.1f}" y1="{TOP}" x2="{x(factor):.1f}" '
                  f'y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>',
                  f'<text x="{x(factor):.1f}" y="{HEIGHT - BOTTOM + 18}" '
                  f'text-anchor="middle">× {factor}</text>']
    for value in (0.5, 1, 2, 5, 10):
        if low <= value <= high:
            parts += [f'<line x1="{LEFT}" y1="{y(value):.1f}" x2="{WIDTH - RIGHT}" '
                      f'y2="{y(value):.1f}" stroke="#ddd"/>',
                      f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" '
                      f'text-anchor="end">{value:g}</text>']
    parts.append(f'<line x1="{x(factors[0]):.1f}" y1="{y(1):.1f}" x2="{x(factors[-1]):.1f}" '
                 f'y2="{y(factors[-1] / factors[0]):.1f}" stroke="#999" stroke-dasharray="5 4"/>')
    ends = []
    for (name, values), color in zip(relative.items(), COLORS):
        points = " ".join(f"{x(f):.1f},{y(v):.1f}" for f, v in zip(factors, values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" '
                     'stroke-width="2"/>')
        ends.append([y(values[-1]), name, color])
    # Names beside the ends of their lines, pushed apart where those meet.
    ends.append([y(factors[-1] / factors[0]), "in proportion", "#999"])
    place = 0
    for end, name, color in sorted(ends):
        place = max(end, place + 14)
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{place + 4:.1f}" fill="{color}">{name}'
                     '</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 10}" '
                 'text-anchor="middle">how much the cause has grown</text></svg>')
    return "\n".join(parts) + "\n"
