import * as Y from 'yjs';
import type { Log } from '#server/platform/log.ts';
import type { createAwareness } from './ydocs.awareness.ts';
import { LIMITS, ownerOf } from './ydocs.edit.ts';
import type { Link } from './ydocs.link.ts';
import type { Loaded } from './ydocs.log.ts';
import { CLOSE, ProtocolError, readMessage, savedMessage, step2Message, type Message } from './ydocs.protocol.ts';
import type { Edit, Work } from './ydocs.queue.ts';

const WHOLE_ANSWER = 10; // messages' worth of our time

interface Deps {
  give: (item: Work) => void;
  awareness: ReturnType<typeof createAwareness>;
  log: Log;
}

function guarded(link: Link, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    link.close(CLOSE.protocol);
  }
}

/** What comes in on a connection, turned into work: nothing here touches the document. */
export function createIntake({ give, awareness, log }: Deps) {
  function answer(link: Link, vector: Uint8Array): void {
    const say = ({ doc }: Loaded): void => {
      try {
        link.sendText(step2Message(Y.encodeStateAsUpdate(doc, vector)));
      } catch (error) {
        log.debug({ error }, 'no state vector');
        link.close(CLOSE.protocol);
      }
    };
    if (link.admit(0, WHOLE_ANSWER)) give({ after: { link, say } });
  }

  function takeUpdate(edit: Edit): void {
    const { link, update, isAnswer } = edit;
    if (update.length <= (isAnswer ? LIMITS.sync : LIMITS.update)) give({ edit });
    else if (link.ext) link.refuse('TOO_LARGE', CLOSE.tooLarge);
    else link.close(CLOSE.tooLarge);
  }

  function barrier(link: Link, token: Uint8Array): void {
    const say = (): void => {
      link.send(savedMessage(token));
    };
    if (link.ext) give({ after: { link, token, say } });
  }

  const claims = (link: Link, loaded: Loaded, client: number): boolean => {
    if ((ownerOf(loaded, client) ?? link.person) !== link.person) return false;
    loaded.claims.set(client, link.person);
    return true;
  };

  function take(link: Link, message: Message, loaded: Loaded): void {
    switch (message.type) {
      case 'step1':
        answer(link, message.vector);
        break;
      case 'update':
        takeUpdate({ link, update: message.update, isAnswer: message.isAnswer });
        break;
      case 'awareness':
        // In its order behind what else waits for their right; who left meanwhile is shown nowhere.
        link.pass(() => {
          const { said } = message;
          const take = (): void => {
            awareness.take(link, said, (client) => claims(link, loaded, client));
          };
          if (link.isOpen()) guarded(link, take);
        });
        break;
      case 'barrier':
        barrier(link, message.token);
        break;
      case 'ask-awareness':
        link.sendCursor(awareness.all());
        break;
      case 'unknown': // a newer client may know more; what we do not know changes nothing
    }
  }

  return {
    /** A frame that is no message closes its connection and nothing else. */
    receive: (link: Link, frame: Uint8Array, loaded: Loaded): void => {
      guarded(link, () => {
        take(link, readMessage(frame), loaded);
      });
    },
  };
}
