import type { Caller } from '#server/platform/caller.ts';
import type { forumTable } from '#shared/forum/forum.schema.ts';
import type { Bindings } from '#shared/wire/define.ts';
import type { ForumService } from './forum.service.ts';

export function forumBindings(forum: ForumService): Bindings<typeof forumTable, Caller> {
  return {
    create: ({ actor }, input) => forum.create(actor, input),
    post: ({ actor }, input) => forum.post(actor, input),
    edit: ({ actor }, input) => forum.edit(actor, input),
    retract: ({ actor }, input) => forum.retract(actor, input),
    react: ({ actor }, input) => forum.react(actor, input),
    'mark-read': ({ actor }, input) => forum.markRead(actor, input),
    invite: ({ actor }, input) => forum.invite(actor, input),
    remove: ({ actor }, input) => forum.remove(actor, input),
    rooms: ({ actor }, input) => forum.rooms(actor, input),
    alike: ({ actor }, input) => forum.alike(actor, input),
    messages: ({ actor }, input) => forum.messages(actor, input),
    search: ({ actor }, input) => forum.search(actor, input),
  };
}
