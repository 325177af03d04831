/** What this feature's own codes mean, in plain words. */
export const responsesErrors = {
  'responses.incomplete': 'There is no text yet.',
  'responses.cause_locked': 'The cause is stated in the final statement only.',
  'responses.wrong_state': 'The response is not in a state that allows this.',
  'responses.contributor': 'Whoever wrote a part of the text, or acts for somebody who did, cannot sign it.',
  'responses.hash_mismatch': 'The text you saw is not the text under review.',
  'responses.not_enough_approvals': 'Another signature is needed before this can go out.',
  'responses.approval_expired': 'The signature is too old; the text has to be signed again.',
  'responses.facts_changed': 'The facts have changed since the text was signed; it has to be signed again.',
  'responses.incident_closed': 'The incident is closed; only a correction can go out.',
  'responses.publish_blocked': 'Publication was stopped; nothing has gone out.',
  'responses.not_yet_supported': 'A response is published now; a later moment cannot be set.',
} as const;
