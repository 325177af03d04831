/** What this feature's own codes mean, in plain words. */
export const peopleErrors = {
  'people.code_taken': 'Another unit has this code.',
  'people.login_taken': 'Somebody else signs in with this name.',
  'people.wrong_level': 'A unit stands one level or more below its parent.',
  'people.not_self': 'Nobody gives themselves a post or confirms their own.',
  'people.needs_second': 'This post needs a second administrator, or the set-up code while there is only one.',
  'people.nothing_to_confirm': 'There is nothing to confirm.',
  'people.no_such_person': 'There is no such person.',
  'people.no_such_appointment': 'There is no such appointment.',
  'people.no_such_delegation': 'There is no such delegation.',
  'people.unit_closed': 'This unit is closed, or will be by then.',
  'people.bad_successor':
    'A unit is followed by another that stays open, does not stand below it, and is yours to administer.',
  'people.bad_dates': 'It must end after it begins, and not in the past.',
  'people.overlaps': 'This person holds this post in this unit at that time already.',
  'people.already_so': 'It is so already.',
  'people.too_long': 'A delegation runs for fourteen days at most.',
  'people.not_eligible': 'Only an officer or a worker of the same unit can act for you.',
} as const;
