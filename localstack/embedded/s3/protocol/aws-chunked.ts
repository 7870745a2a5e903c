import { S3Error } from './s3-error.ts';

/** A chunk-size line is a few hex digits plus `;chunk-signature=` and 64 digits. */
const MAX_SIZE_LINE_BYTES = 1024;
const MAX_TRAILER_BYTES = 16 * 1024;
const SIZE_LINE = /^([0-9a-fA-F]{1,12})(?:;[^\r\n]*)?$/;
const NEW_LINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

type Expecting = 'size-line' | 'data' | 'data-end' | 'trailer' | 'nothing';

/**
 * Streaming decoder of the `aws-chunked` body encoding, signed or not, with or without trailers:
 *
 *   body    => *chunk last-chunk *trailer CRLF
 *   chunk   => hex-size [";chunk-signature=" signature] CRLF data CRLF
 *   last    => "0" [";chunk-signature=" signature] CRLF
 *   trailer => name ":" value CRLF
 *
 * Holds at most one line; data is handed on as it comes. Chunk signatures are not verified: the
 * local cloud knows no secrets. Source: Amazon S3 API reference, Signature calculations with trailers.
 */
export class AwsChunkedDecoder {
  /** Lower-case names; complete after `end`. */
  readonly trailers = new Map<string, string>();
  #expecting: Expecting = 'size-line';
  #line = '';
  #chunkRemaining = 0;
  #trailerBytes = 0;

  /** Payload bytes of the next piece of body. Throws InvalidRequest on broken framing. */
  push(bytes: Buffer): Buffer[] {
    const payload: Buffer[] = [];
    let position = 0;
    while (position < bytes.length) {
      if (this.#expecting === 'nothing') throw brokenFraming('bytes after the last chunk');
      if (this.#expecting === 'data') {
        const end = Math.min(bytes.length, position + this.#chunkRemaining);
        payload.push(bytes.subarray(position, end));
        this.#chunkRemaining -= end - position;
        if (this.#chunkRemaining === 0) this.#expecting = 'data-end';
        position = end;
      } else {
        position = this.#readLine(bytes, position);
      }
    }
    return payload;
  }

  /** Call at the end of the body. Throws IncompleteBody when chunks are missing. */
  end(): void {
    if (this.#expecting === 'nothing') return;
    throw new S3Error(400, 'IncompleteBody', {
      message: 'the body ends in the middle of its aws-chunked encoding',
    });
  }

  #readLine(bytes: Buffer, start: number): number {
    const newLine = bytes.indexOf(NEW_LINE, start);
    const end = newLine < 0 ? bytes.length : newLine;
    this.#line += bytes.toString('latin1', start, end);
    if (this.#line.length > MAX_SIZE_LINE_BYTES) throw brokenFraming('a line that is too long');
    if (newLine < 0) return end;
    const line =
      this.#line.charCodeAt(this.#line.length - 1) === CARRIAGE_RETURN
        ? this.#line.slice(0, -1)
        : this.#line;
    this.#line = '';
    this.#takeLine(line);
    return newLine + 1;
  }

  #takeLine(line: string): void {
    if (this.#expecting === 'data-end') {
      if (line !== '') throw brokenFraming('a chunk that is longer than its size');
      this.#expecting = 'size-line';
    } else if (this.#expecting === 'size-line') {
      const size = SIZE_LINE.exec(line);
      if (size === null) throw brokenFraming('a chunk without a size');
      this.#chunkRemaining = Number.parseInt(size[1] ?? '', 16);
      this.#expecting = this.#chunkRemaining === 0 ? 'trailer' : 'data';
    } else {
      this.#takeTrailer(line);
    }
  }

  #takeTrailer(line: string): void {
    if (line === '') {
      this.#expecting = 'nothing';
      return;
    }
    this.#trailerBytes += line.length;
    const colon = line.indexOf(':');
    if (colon < 1 || this.#trailerBytes > MAX_TRAILER_BYTES) {
      throw new S3Error(400, 'MalformedTrailerError', {
        message: 'The request contained trailing data that was not well-formed',
      });
    }
    this.trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

function brokenFraming(what: string): S3Error {
  return new S3Error(400, 'InvalidRequest', {
    message: `the aws-chunked body has ${what}, expected hex size, CRLF, data, CRLF`,
  });
}
