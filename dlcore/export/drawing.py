"""How a diffusion is sampled, as a person would write it: one sampler, with what a page asks for."""

from textwrap import indent

from dlcore.specs.denoiser import CLASSES
from dlcore.specs.diffusion import Diffusion
from dlcore.specs.sampling import Sampling, sampler_of

ASK = {
    "none": '''\
def ask(x, t):
    """Return what the mean weights tell of x at time t."""
    return mean(x, torch.full((len(x),), t, device=device))''',
    "class": '''\
def ask(x, t):
    """Return what the mean weights tell of x at time t: of DIGIT, guided away from any (arXiv:2207.12598)."""
    times = torch.full((2 * len(x),), t, device=device)
    told = torch.tensor([DIGIT] * len(x) + [NONE] * len(x), device=device)
    digit, any_digit = mean(torch.cat([x, x]), times, told).chunk(2)
    return any_digit + GUIDANCE * (digit - any_digit)''',
    "prompt": '''\
def ask(x, t):
    """Return what the mean weights tell of x at time t: of PROMPT, guided away from NEGATIVE (arXiv:2207.12598)."""
    times = torch.full((2 * len(x),), t, device=device)
    symbols = [read_prompt(text).symbols for text in [PROMPT] * len(x) + [NEGATIVE] * len(x)]
    wanted, away = mean(torch.cat([x, x]), times, torch.tensor(symbols, device=device)).chunk(2)
    return away + GUIDANCE * (wanted - away)'''}
SAMPLE = '''\
@torch.no_grad()
def sample():
    """Return COUNT {things} that are led from noise to the data; each has a noise of its own."""
    noises = [torch.randn({shape}, generator=generator(NOISE_SEED, "start", number)) for number in range(COUNT)]
    x{before} = torch.stack(noises).to(device){nothing}
    ends = np.linspace(T, 0, DRAWING_STEPS + 1).round().tolist()
    for t, t_next in zip(ends, ends[1:]):
{step}
    return x'''
PREDICTED = {
    "noise": "x0 = (x - sigma * told) / alpha", "x0": "x0 = told", "v": "x0 = alpha * x - sigma * told"}
STEPS = {
    "euler": ["x = x + (t_next - t) / T * ask(x, t)"],
    "heun": ["velocity = ask(x, t)", "ahead = x + (t_next - t) / T * velocity",
             "there = ask(ahead, t_next) if t_next else velocity  # at the data there is no second look",
             "x = x + (t_next - t) / T * (velocity + there) / 2"],
    "ddim": ["epsilon = (x - alpha * x0) / sigma", "x = alpha_next * x0 + sigma_next * epsilon  # arXiv:2010.02502"],
    "ddim with noise": [
        "epsilon = (x - alpha * x0) / sigma",
        "spread = ETA * sigma_next / sigma * (1 - (alpha / alpha_next)**2).sqrt()",
        "x = alpha_next * x0 + (sigma_next**2 - spread**2).clamp(min=0).sqrt() * epsilon  # arXiv:2010.02502, eq. 12",
        'x = x + spread * torch.randn(x.shape, generator=generator(NOISE_SEED, "fresh", round(1000 * t))).to(device)'],
    "ddpm": ["kept = (alpha / alpha_next)**2  # of this one step; arXiv:2006.11239, eq. 7",
             "middle = (alpha_next * (1 - kept) * x0 + kept.sqrt() * sigma_next**2 * x) / sigma**2",
             'fresh = torch.randn(x.shape, generator=generator(NOISE_SEED, "fresh", round(1000 * t))).to(device)',
             "x = middle + sigma_next / sigma * (1 - kept).sqrt() * fresh"],
    "dpm_solver": [
        "if t_next == 0:  # the step ends in the picture itself\n    x = x0\n    break",
        "here, there = ((signal(s) / noise(s)).log() for s in (t, t_next))  # λ; arXiv:2211.01095, algorithm 2",
        "direction = x0",
        "if before is not None:\n    x0_before, lambda_before = before\n"
        "    r = (here - lambda_before) / (there - here)\n"
        "    direction = x0 + (x0 - x0_before) / (2 * r)",
        "x = sigma_next / sigma * x - alpha_next * torch.expm1(here - there) * direction", "before = x0, here"]}


def print_drawing(spec: Diffusion, sampling: Sampling) -> str:
    """Return the constants, `ask` and `sample` for what is asked for."""
    return "\n\n\n".join([_constants(spec, sampling), ASK[spec.condition], _sample(spec, sampling)])


def _constants(spec: Diffusion, sampling: Sampling) -> str:
    lines = []
    match spec.condition:
        case "class":
            digit = "NONE" if sampling.digit < 0 else str(sampling.digit)
            lines += [f"DIGIT, GUIDANCE = {digit}, {sampling.guidance:g}"]
        case "prompt":
            lines += [f"PROMPT, NEGATIVE, GUIDANCE = {sampling.prompt!r}, {sampling.negative!r}, {sampling.guidance:g}"]
    count = 400 if spec.data.on_plane else sampling.count
    lines += [f"COUNT, DRAWING_STEPS, NOISE_SEED = {count}, {sampling.steps}, {sampling.seed}"]
    lines += [f"ETA = {sampling.eta:g}  # the share of fresh noise"] if _is_noisy(spec, sampling) else []
    return "\n".join(lines)


def _is_noisy(spec: Diffusion, sampling: Sampling) -> bool:
    """Whether DDIM adds noise."""
    return sampler_of(sampling, spec.process.target) == "ddim" and sampling.eta > 0


def _sample(spec: Diffusion, sampling: Sampling) -> str:
    sampler, target = sampler_of(sampling, spec.process.target), spec.process.target
    step = list(STEPS["ddim with noise" if _is_noisy(spec, sampling) else sampler])
    if target != "flow":
        limit = 2 if spec.data.on_plane else 1
        step = ["told = ask(x, t)", "alpha, sigma, alpha_next, sigma_next = signal(t), noise(t), signal(t_next), "
                "noise(t_next)", PREDICTED[target], f"x0 = x0.clamp(-{limit}, {limit})  # where the data lies", *step]
    remembers = sampler == "dpm_solver"
    return SAMPLE.format(things="points" if spec.data.on_plane else "pictures", shape=spec.data.shape,
                         step=indent("\n".join(step), " " * 8), before=", before" if remembers else "",
                         nothing=", None" if remembers else "")


NONE = f"NONE = {CLASSES}  # the class of a picture that nothing is told of"
