import type { Bindings } from '#shared/wire/define.ts';
import type { responsesTable } from '#shared/responses/responses.schema.ts';
import type { Caller } from '#server/platform/caller.ts';
import type { ResponsesService } from './responses.service.ts';

/** Each row of the table, bound to one call. */
export function responsesBindings(responses: ResponsesService): Bindings<typeof responsesTable, Caller> {
  return {
    draft: ({ actor }, input) => responses.draft(actor, input),
    submit: ({ actor }, input) => responses.submit(actor, input),
    reopen: ({ actor }, input) => responses.reopen(actor, input),
    return: ({ actor }, input) => responses.return(actor, input),
    approve: ({ actor }, input) => responses.approve(actor, input),
    publish: ({ actor }, input) => responses.publish(actor, input),
    unschedule: ({ actor }, input) => responses.unschedule(actor, input),
    correct: ({ actor }, input) => responses.correct(actor, input),
    withdraw: ({ actor }, input) => responses.withdraw(actor, input),
    view: ({ actor }, input) => responses.view(actor, input),
    list: ({ actor }, input) => responses.list(actor, input),
  };
}
