import type { ErrorTable } from './errors.ts';

/** Any row of the table may ask its person to show who they are, who may say no. No part of the first load. */
export const stepUpErrors: ErrorTable = {
  'people.step_up': {
    zh: '没有确认是您本人，这一步没有执行。请再试一次。',
    en: 'You did not show that it is you, so this was not done. Try again.',
    tone: 'act',
  },
};
