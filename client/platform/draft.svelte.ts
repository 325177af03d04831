/** One text that was typed and not yet sent. */
export class Draft {
  #text = $state('');
  #ready = $state(false);
  #touched = false;
  readonly #save: (text: string) => void;

  constructor(loading: Promise<string>, save: (text: string) => void) {
    this.#save = save;
    void loading.then((text) => {
      // Whoever has begun to type meanwhile keeps what they typed.
      if (!this.#touched) this.#text = text;
      this.#ready = true;
    });
  }

  /** Reactive; bind it to a field. */
  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    this.#touched = true;
    this.#text = text;
    this.#save(text);
  }

  /** Reactive: what the device had is here. */
  get ready(): boolean {
    return this.#ready;
  }
}
