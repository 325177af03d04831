/** The forum's own codes with the text a program is shown; the interface has its own words for each. */
export const FORUM_ERRORS = {
  'forum.empty': 'A message needs text or a file.',
  'forum.too_late': 'A message can be edited for 15 minutes.',
  'forum.retracted': 'That message was retracted.',
  'forum.no_such_message': 'There is no such message in this room.',
  'forum.no_such_file': 'One of the files is not there. Please add it again.',
  'forum.reason_needed': 'Removing what somebody else wrote needs a reason.',
  'forum.not_by_invitation': 'This room is open to its whole unit; nobody is invited or removed.',
  'forum.already_member': 'This person is in the room already.',
  'forum.not_a_member': 'This person is not in the room.',
  'forum.query_too_short': 'One character is searched in one room only. Please name the room or write more.',
} as const;

export type ForumCode = keyof typeof FORUM_ERRORS;
