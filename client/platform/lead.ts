import type { Channel, News } from './entry.ts';

/* Which of this person's tabs sends, and how they hear of each other. Two at once do no harm, since ids repeat; one at a time keeps the order. */

export interface Lead {
  /** Calls `begin` once this tab is the sending one; the returned function gives the place up. */
  take: (name: string, begin: () => void) => () => void;
}

/** How long a tab's claim lasts without being renewed, in ms; renewed three times in that span. */
const LEASE = 6000;

interface Claim {
  tab: string;
  until: number;
}

/** Web Locks where there are any (secure contexts), else a claim in `localStorage` renewed while the tab lives. */
export function createLead(tab: string, locks: LockManager | undefined, storage: Storage | undefined): Lead {
  return {
    take: (name, begin) => {
      if (locks !== undefined) return byLock(locks, name, begin);
      if (storage !== undefined) return byClaim({ tab, storage, key: name }, begin);
      begin();
      return () => undefined;
    },
  };
}

function byLock(locks: LockManager, name: string, begin: () => void): () => void {
  const waiting = new AbortController();
  let release = (): void => undefined;
  locks
    .request(name, { signal: waiting.signal }, () => {
      begin();
      return new Promise<void>((resolve) => (release = resolve));
    })
    .catch((error: unknown) => {
      // Given up before its turn came. Any other refusal: better two senders than none.
      if (!waiting.signal.aborted) begin();
      return error;
    });
  return () => {
    waiting.abort();
    release();
  };
}

function byClaim({ tab, storage, key }: { tab: string; storage: Storage; key: string }, begin: () => void): () => void {
  let leading = false;
  const read = (): Claim | undefined => {
    const text = storage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as Claim);
  };
  const renew = (): void => {
    const claim = read();
    const now = Date.now();
    // A claim from far ahead was made before the clock was set back: it does not bind.
    const bound = claim !== undefined && claim.tab !== tab && claim.until > now && claim.until <= now + LEASE;
    if (bound) return;
    storage.setItem(key, JSON.stringify({ tab, until: now + LEASE } satisfies Claim));
    if (!leading) begin();
    leading = true;
  };
  renew();
  const timer = setInterval(renew, LEASE / 3);
  return () => {
    clearInterval(timer);
    if (leading && read()?.tab === tab) storage.removeItem(key);
  };
}

/** The other tabs of this browser, by name. */
export function openChannel(name: string): Channel {
  const channel = new BroadcastChannel(name);
  return {
    say: (news) => {
      channel.postMessage(news);
    },
    hear: (listen) => {
      channel.onmessage = (message: MessageEvent<News>) => {
        listen(message.data);
      };
    },
    close: () => {
      channel.close();
    },
  };
}
