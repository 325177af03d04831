import { match } from '#client/platform/router.ts';

/** The four places of the frame, each with one list. */
export type Place = 'messages' | 'meetings' | 'concerns' | 'me';

/** Where somebody is: which place, and what is open in it. `item` takes the whole screen of a phone. */
export interface Where {
  place: Place | 'flag' | undefined;
  item?: string;
  /** A part of the administration, which belongs to the place of one's own. */
  section?: string;
}

/** Reads an address. No place: there is no such page. */
export function where(path: string): Where {
  if (path === '/' || path === '/rooms' || path === '/sign-in') return { place: 'messages' };
  const room = match('/rooms/:room', path);
  if (room) return { place: 'messages', item: room.room };
  if (path === '/meetings') return { place: 'meetings' };
  const meeting = match('/meetings/:meeting', path);
  if (meeting) return { place: 'meetings', item: meeting.meeting };
  if (path === '/concerns') return { place: 'concerns' };
  const concern = match('/concerns/:incident', path);
  if (concern) return { place: 'concerns', item: concern.incident };
  const admin = match('/admin/:section', path);
  if (admin) return { place: 'me', section: admin.section };
  if (path === '/flag') return { place: 'flag', item: 'new' };
  if (path === '/me/account') return { place: 'me', item: 'account' };
  return path === '/me' ? { place: 'me' } : { place: undefined };
}
