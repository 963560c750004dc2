"""Which broken vector environments each rule must find."""

from collections.abc import Mapping

from tests.env.testing import broken, broken_runs
from tests.env.testing.tidy import TidySyncVectorEnv

FAULTS: Mapping[str, tuple[type[TidySyncVectorEnv], ...]] = {
    "autoreset_mode_is_stated": (broken.ModeAsText, broken.ModeInMetadataOnly, broken.SharedMetadata),
    "spaces_are_batched": (broken.UnbatchedSpace,),
    "outputs_have_their_types": (
        broken.FloatRewards,
        broken.DoubleObservations,
        broken.HalfObservations,
        broken.OutsideSpace,
        broken.ListOfInfos,
        broken.ListForTuple,
    ),
    "infos_keep_their_form": (broken.MissingMask, broken.KeyAtStepsOnly, broken.ScalarInfo),
    "final_data_come_with_endings": (broken.NoFinalObservation, broken.BatchedFinalObservation),
    "outputs_stay_as_returned": (broken.StaleBuffer,),
    "outputs_share_no_memory": (broken.ConstantShared,),
    "outputs_may_be_overwritten": (broken.ReadOnly, broken.StateHandedOut),
    "options_stay_the_callers": (broken.MaskTakenOut,),
    "seeds_are_one_per_row": (broken.SameSeedInEveryRow, broken.PythonSeedsOnly),
    "seeds_may_be_none": (broken.NoneIsRefused, broken.NoneShiftsSeeds),
    "seeds_are_remembered": (broken.SeedsForgotten, broken.SeedsForgottenWhenUnseeded),
    "bad_seeds_are_refused": (broken.NegativeSeeds, broken.SeedsHalfTaken),
    "bad_masks_are_refused": (broken.AnyMask, broken.MaskRefusedTooLate),
    "bad_actions_are_refused": (broken.ActionsClipped, broken.ActionsRefusedTooLate),
    "ended_rows_need_no_action": (broken.EndedRowsMustAct,),
    "steps_need_a_reset": (broken.StepsAtOnce,),
    "closing_is_final": (broken.StepsWhenClosed, broken.ClosesOnce),
    "disabled_mode_refuses_ended_rows": (broken.StepsEndedRows, broken.EndedRowsRefusedTooLate),
    "runs_repeat": (broken_runs.Unrepeatable,),
    "rows_do_not_depend_on_num_envs": (broken_runs.RewardOfTheBatch, broken_runs.OneGenerator),
    "rows_do_not_depend_on_each_other": (broken_runs.ActionsLeak,),
    "episodes_end_apart": (
        broken_runs.EndlessVector,
        broken_runs.NeverTerminating,
        broken_runs.NeverTruncating,
    ),
    "steps_equal_sync": (
        broken_runs.LateAutoreset,
        broken_runs.ReseedsAtAutoreset,
        broken_runs.TruncatesUnlessTerminated,
        broken_runs.NegativeZero,
    ),
    "resets_equal_sync": (
        broken_runs.MaskIgnored,
        broken_runs.SeedsOfMaskMoved,
        broken_runs.AutoresetStaysPending,
    ),
}
