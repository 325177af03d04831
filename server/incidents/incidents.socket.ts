import type { incidentsTable } from '#shared/incidents/incidents.schema.ts';
import type { Bindings } from '#shared/wire/define.ts';
import type { Caller } from '#server/platform/caller.ts';
import type { IncidentsService } from './incidents.service.ts';

export function incidentsBindings(incidents: IncidentsService): Bindings<typeof incidentsTable, Caller> {
  return {
    flag: ({ actor }, input) => incidents.flag(actor, input),
    triage: ({ actor }, input) => incidents.triage(actor, input),
    assign: ({ actor }, input) => incidents.assign(actor, input),
    accept: ({ actor }, input) => incidents.accept(actor, input),
    report: ({ actor }, input) => incidents.report(actor, input),
    note: ({ actor }, input) => incidents.note(actor, input),
    regrade: ({ actor }, input) => incidents.regrade(actor, input),
    verify: ({ actor }, input) => incidents.verify(actor, input),
    resolve: ({ actor }, input) => incidents.resolve(actor, input),
    dismiss: ({ actor }, input) => incidents.dismiss(actor, input),
    feed: ({ actor }, input) => incidents.feed(actor, input),
    view: ({ actor }, input) => incidents.view(actor, input),
    similar: ({ actor }, input) => incidents.similar(actor, input),
  };
}
