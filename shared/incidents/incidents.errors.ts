/** What this feature's own codes mean, in plain words. */
export const incidentsErrors = {
  'incidents.no_such_file': 'One of the files is not there. Please add it again.',
  'incidents.wrong_state': 'The incident is not in a state that allows this.',
  'incidents.no_common_unit': 'These communities have no unit above them in common.',
  'incidents.never_graded': 'A social-security event is never graded; please choose U.',
  'incidents.evidence_needed': 'Verified and refuted name what shows it.',
  'incidents.second_person': 'This takes somebody other than the person who decided it first.',
  'incidents.not_eligible': 'The lead is an officer of the lead unit, of an affected one, or of a unit above.',
  'incidents.not_lead': 'Only the person it was assigned to can accept it.',
  'incidents.already_accepted': 'The lead has accepted already.',
  'incidents.not_answered': 'The last response is not a final one yet.',
  'incidents.in_review': 'A response is still under review or waiting to go out.',
} as const;
