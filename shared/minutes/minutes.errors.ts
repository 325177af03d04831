/** What this feature's own codes mean, in plain words. */
export const minutesErrors = {
  'minutes.wrong_state': 'The minutes are not in a state that allows this.',
  'minutes.not_signer': 'Only the person named as signer can sign these minutes.',
  'minutes.not_eligible': 'The signer is somebody who may sign minutes in this unit.',
  'minutes.no_such_person': 'There is no such person.',
} as const;
