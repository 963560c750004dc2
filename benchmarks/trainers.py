"""Speed of each training library's PPO, with native rows and with its own loop over single envs.

    python -m benchmarks.trainers sb3 torchrl=.ci/torch/bin/python rllib=.ci/ray/bin/python ...

Each library is measured in a separate process, with the given interpreter or this one: 64 rows, 32 steps of
each per update, 4 passes in minibatches of 256, two layers of 64, one thread. Both ways are interleaved. The
table shows medians of steps per second of processor time, which is less sensitive to other load: for the
steps of the library's env, and for a rollout with its update.
"""
# pyright: reportMissingImports=false, reportPrivateImportUsage=false

import argparse
import json
import logging
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from statistics import median
from typing import Any

import gymnasium
import numpy as np

ID, ROWS, STEPS, PASSES, PART = "murk_envs:murk/HeatSeeker-v0", 64, 32, 4, 256
HIDDEN = [64, 64]
WHAT = ("stepping", "learning")
REPEATS = 3

Parts = tuple[Callable[[], Any], Callable[[], Any]]  # the steps of a rollout, and a rollout with its update


def sb3(native: bool, module: str = "stable_baselines3") -> Parts:
    """PPO of Stable-Baselines3, or SBX, over `make_vec` or its DummyVecEnv."""
    import importlib

    from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

    from murk_env.integrations.sb3 import make_vec

    envs = make_vec(ID, ROWS) if native else VecMonitor(DummyVecEnv([lambda: gymnasium.make(ID)] * ROWS))
    algorithm: Any = importlib.import_module(module).PPO
    model = algorithm("MlpPolicy", envs, n_steps=STEPS, batch_size=PART, n_epochs=PASSES, device="cpu")
    envs.reset()
    actions = drawn(envs.action_space)
    return lambda: repeated(envs.step, actions), lambda: model.learn(ROWS * STEPS, reset_num_timesteps=False)


def sbx(native: bool) -> Parts:
    """PPO of SBX."""
    return sb3(native, "sbx")


def torchrl_rows(native: bool) -> Any:
    """Rows for TorchRL: a wrapper of the native batch, or its SerialEnv."""
    from torchrl.envs import GymWrapper, SerialEnv

    from murk_env import MurkVectorEnv
    from murk_envs import HeatSeeker

    if native:
        return GymWrapper(MurkVectorEnv(HeatSeeker, ROWS, autoreset_mode="SameStep"))
    return SerialEnv(ROWS, lambda: GymWrapper(gymnasium.make(ID)))


def torchrl(native: bool) -> Parts:
    """TorchRL's collector and ClipPPOLoss over GymWrapper of the native batch, or its SerialEnv."""
    import torch
    from tensordict.nn import TensorDictModule
    from torch import nn
    from torchrl.collectors import Collector
    from torchrl.modules import MLP, OneHotCategorical, ProbabilisticActor, ValueOperator
    from torchrl.objectives import ClipPPOLoss
    from torchrl.objectives.value import GAE

    env = torchrl_rows(native)
    sizes = env.observation_spec["observation"].shape[-1], env.action_spec.shape[-1]
    net = TensorDictModule(
        MLP(*sizes, num_cells=HIDDEN, activation_class=nn.Tanh), in_keys=["observation"], out_keys=["logits"]
    )
    actor = ProbabilisticActor(
        net, in_keys=["logits"], distribution_class=OneHotCategorical, return_log_prob=True
    )
    critic = ValueOperator(
        MLP(sizes[0], 1, num_cells=HIDDEN, activation_class=nn.Tanh), in_keys=["observation"]
    )
    loss, gained = ClipPPOLoss(actor, critic), GAE(gamma=0.99, lmbda=0.95, value_network=critic)
    optimiser = torch.optim.Adam(loss.parameters(), lr=1e-3)
    collector = iter(Collector(env, actor, frames_per_batch=ROWS * STEPS, total_frames=-1))

    def update() -> None:
        batch = next(collector)
        with torch.no_grad():
            samples = gained(batch).reshape(-1)
        for _ in range(PASSES):
            for rows in torch.randperm(len(samples)).split(PART):
                losses = loss(samples[rows])
                total = losses["loss_objective"] + losses["loss_critic"] + losses["loss_entropy"]
                optimiser.zero_grad()
                total.backward()
                optimiser.step()

    return lambda: env.rollout(STEPS, break_when_any_done=False), update


def rllib(native: bool) -> Parts:
    """PPO of RLlib, with its env runner in this process, which steps with its policy."""
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

    from murk_env.integrations.rllib import register_rows

    config = PPOConfig().environment(register_rows(ID))
    config.env_runners(
        num_env_runners=0,
        num_envs_per_env_runner=ROWS,
        rollout_fragment_length=STEPS,
        gym_env_vectorize_mode="vector_entry_point" if native else "sync",
    )
    config.rl_module(model_config=DefaultModelConfig(fcnet_hiddens=HIDDEN))
    config.training(train_batch_size_per_learner=ROWS * STEPS, minibatch_size=PART, num_epochs=PASSES)
    algorithm = config.build_algo()
    return lambda: algorithm.env_runner.sample(num_timesteps=ROWS * STEPS), algorithm.train


def skrl(native: bool) -> Parts:
    """PPO of skrl, over the native batch or Gymnasium's SyncVectorEnv."""
    import torch
    from gymnasium.vector import AutoresetMode, SyncVectorEnv
    from skrl.agents.torch.ppo import PPO, PPO_CFG
    from skrl.envs.wrappers.torch import wrap_env
    from skrl.memories.torch import RandomMemory
    from skrl.trainers.torch import SequentialTrainer
    from skrl.utils.model_instantiators.torch import categorical_model, deterministic_model

    from murk_env import MurkVectorEnv
    from murk_envs import HeatSeeker

    mode = AutoresetMode.SAME_STEP
    makers = [lambda: gymnasium.make(ID)] * ROWS
    plain: Any = (
        MurkVectorEnv(HeatSeeker, ROWS, autoreset_mode=mode)
        if native
        else SyncVectorEnv(makers, autoreset_mode=mode)
    )
    env = wrap_env(plain, verbose=False)
    spaces: Any = {name: getattr(env, name) for name in ("observation_space", "action_space", "device")}
    layers = [{"name": "net", "input": "OBSERVATIONS", "layers": HIDDEN, "activations": "tanh"}]
    models = {
        "policy": categorical_model(**spaces, network=layers, output="ACTIONS"),
        "value": deterministic_model(**spaces, network=layers, output="ONE"),
    }
    config = PPO_CFG(rollouts=STEPS, mini_batches=ROWS * STEPS // PART, learning_epochs=PASSES)
    config.experiment.write_interval = config.experiment.checkpoint_interval = 0
    memory = RandomMemory(memory_size=STEPS, num_envs=ROWS, device=env.device)
    agent = PPO(models=models, memory=memory, cfg=config, **spaces)
    trainer = SequentialTrainer(
        env=env,
        agents=agent,
        cfg={"timesteps": STEPS, "disable_progressbar": True, "close_environment_at_exit": False},
    )
    env.reset()
    actions = torch.as_tensor(drawn(env.action_space)).unsqueeze(1)
    return lambda: repeated(env.step, actions), trainer.train


def tianshou(native: bool) -> Parts:
    """PPO of Tianshou, over `make_vec` or its DummyVectorEnv."""
    from tianshou.algorithm import PPO
    from tianshou.algorithm.modelfree.reinforce import DiscreteActorPolicy
    from tianshou.algorithm.optim import AdamOptimizerFactory
    from tianshou.data import Collector, VectorReplayBuffer
    from tianshou.env import DummyVectorEnv
    from tianshou.utils.net.common import Net
    from tianshou.utils.net.discrete import DiscreteActor, DiscreteCritic
    from tianshou.utils.torch_utils import policy_within_training_step

    from murk_env.integrations.tianshou import make_vec

    envs = make_vec(ID, ROWS) if native else DummyVectorEnv([lambda: gymnasium.make(ID)] * ROWS)
    seen, done = envs.observation_space[0], envs.action_space[0]
    actor, critic = (Net(state_shape=seen.shape, hidden_sizes=HIDDEN) for _ in range(2))
    policy = DiscreteActorPolicy(
        actor=DiscreteActor(preprocess_net=actor, action_shape=done.n, softmax_output=False),
        action_space=done,
    )
    algorithm = PPO(
        policy=policy, critic=DiscreteCritic(preprocess_net=critic), optim=AdamOptimizerFactory(lr=1e-3)
    )
    collector = Collector(algorithm, envs, VectorReplayBuffer(ROWS * STEPS, ROWS))
    collector.reset()

    def update() -> None:
        with policy_within_training_step(algorithm.policy):
            collector.collect(n_step=ROWS * STEPS)
            algorithm.update(buffer=collector.buffer, batch_size=PART, repeat=PASSES)
        collector.reset_buffer(keep_statistics=True)

    actions = drawn(done)
    return lambda: step_and_reset(envs, actions), update


def step_and_reset(envs: Any, actions: Any) -> None:
    """Step Tianshou's rows, and reset those that have ended, like its collectors."""
    envs.reset()
    for _ in range(STEPS):
        _, _, terminated, truncated, _ = envs.step(actions)
        if (terminated | truncated).any():
            envs.reset((terminated | truncated).nonzero()[0])


def ppo(native: bool) -> Parts:
    """The loop of examples/ppo.py, over the native batch or Gymnasium's SyncVectorEnv."""
    import torch

    from examples import ppo as example

    envs = gymnasium.make_vec(ID, ROWS, vectorization_mode="vector_entry_point" if native else "sync")
    settings = example.Settings(rollout=STEPS, num_epochs=PASSES, num_minibatches=ROWS * STEPS // PART)
    policy = example.Policy(envs.single_observation_space, envs.single_action_space, HIDDEN[0])
    rollouts = example.Rollouts(envs, policy, settings)
    optimiser = torch.optim.Adam(policy.parameters(), lr=settings.learning_rate)
    actions = drawn(envs.single_action_space)
    return (
        lambda: repeated(envs.step, actions),
        lambda: example.improve(policy, optimiser, rollouts.collect(), settings, 1.0),
    )


def drawn(space: Any) -> Any:
    """An action for every row."""
    return np.array([space.sample() for _ in range(ROWS)])


def repeated(step: Callable[[Any], Any], actions: Any) -> None:
    """Take the steps of a rollout."""
    for _ in range(STEPS):
        step(actions)


LIBRARIES: dict[str, Callable[[bool], Parts]] = {
    made.__name__: made for made in (sb3, sbx, torchrl, rllib, skrl, tianshou, ppo)
}


def measured(library: str, repeats: int = REPEATS) -> dict[str, float]:
    """Return row steps per second of processor time: stepping and learning, native and with the own loop."""
    ways = {"native": LIBRARIES[library](True), "own loop": LIBRARIES[library](False)}
    parts = {(way, what): part for way, both in ways.items() for what, part in zip(WHAT, both, strict=True)}
    found: dict[tuple[str, str], list[float]] = {key: [] for key in parts}
    for part in parts.values():
        part()  # compiles
    for _ in range(repeats):
        for key, part in parts.items():
            began = time.process_time()
            part()
            found[key].append(ROWS * STEPS / (time.process_time() - began))
    return {f"{what}, {way}": round(median(rates), 1) for (way, what), rates in found.items()}


def main(arguments: list[str] | None = None) -> None:
    """Measure libraries, each in a separate process, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trainers", description=__doc__)
    parser.add_argument(
        "libraries", nargs="+", help=f"{', '.join(LIBRARIES)}; with =PYTHON by that interpreter"
    )
    parser.add_argument("--here", action="store_true", help="measure in this process, and print numbers only")
    options = parser.parse_args(arguments)
    if options.here:
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        print(json.dumps(measured(options.libraries[0])))
        return
    print("| library | steps: native | its own loop | ratio | with learning: native | its own loop | ratio |")
    print("|---|---|---|---|---|---|---|")
    for given in options.libraries:
        library, _, python = given.partition("=")
        command = [python or sys.executable, "-m", "benchmarks.trainers", "--here", library]
        one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, env=one_thread, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"| {library} | {done.stderr.strip().splitlines()[-1]} | | | | | |", flush=True)
            continue
        rates = json.loads(done.stdout.strip().splitlines()[-1])
        cells: list[str] = []
        for what in WHAT:
            native, own = rates[f"{what}, native"], rates[f"{what}, own loop"]
            cells += [f"{native:,.0f}/s", f"{own:,.0f}/s", f"{native / own:.1f}"]
        print(f"| {library} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
