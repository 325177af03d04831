/** Who can be chosen at the door of the demo, in this order. */
export const DEMO_LOGINS = [
  'worker',
  'worker2',
  'officer',
  'approver',
  'spokesperson',
  'deputy',
  'moderator',
  'auditor',
  'admin',
];
