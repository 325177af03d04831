import type { minutesTable } from '#shared/minutes/minutes.schema.ts';
import type { Bindings } from '#shared/wire/define.ts';
import type { Caller } from '#server/platform/caller.ts';
import type { MinutesService } from './minutes.service.ts';

export function minutesBindings(minutes: MinutesService): Bindings<typeof minutesTable, Caller> {
  return {
    create: ({ actor }, input) => minutes.create(actor, input),
    'add-item': ({ actor }, input) => minutes.addItem(actor, input),
    'set-attendance': ({ actor }, input) => minutes.setAttendance(actor, input),
    submit: ({ actor }, input) => minutes.submit(actor, input),
    'send-back': ({ actor }, input) => minutes.sendBack(actor, input),
    sign: ({ actor }, input) => minutes.sign(actor, input),
    list: ({ actor }, input) => minutes.list(actor, input),
    view: ({ actor }, input) => minutes.view(actor, input),
  };
}
