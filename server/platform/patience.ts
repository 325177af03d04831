import { WebSocketServer, type ServerOptions } from 'ws';

/** ms for the closing handshake of somebody who does not read, and so does not answer either. Of itself ws waits 30 s. */
const LAST_WORD = 2_000;

/** A server of WebSockets whose patience with who does not hang up has an end, for texts and under Socket.IO alike. */
export class PatientServer extends WebSocketServer {
  constructor(options: ServerOptions) {
    super({ ...options, ...{ closeTimeout: LAST_WORD } }); // not in its types yet
  }
}
