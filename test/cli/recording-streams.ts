import type { OutputStreams } from '#cli/output.ts';

/** Streams that keep what is written, and a clock that stands until it is moved. */
export class RecordingStreams implements OutputStreams {
  stdoutText = '';
  stderrText = '';
  nowMs = 0;
  readonly stdout = {
    write: (text: string) => {
      this.stdoutText += text;
    },
  };
  readonly stderr: OutputStreams['stderr'];
  readonly now = (): number => this.nowMs;

  constructor(options: { readonly isTTY: boolean } = { isTTY: false }) {
    this.stderr = {
      isTTY: options.isTTY,
      write: (text: string) => {
        this.stderrText += text;
      },
    };
  }
}
