import type { Stream } from '../config/project.ts';
import { SluiceError } from '../errors.ts';
import { type Field, storedName, type Value } from '../schema/field.ts';
import type { RandomAccess } from './random-access.ts';

/** How a stream's events are kept apart. */
export type Identity =
  /** One field of the identity carries the index. */
  | { readonly kind: 'field'; readonly name: string; readonly valueAt: (index: number) => Value }
  /** The event time does; it must rise with every event. */
  | { readonly kind: 'eventTime' }
  /** The domain file names generators for the identity and answers for it. */
  | { readonly kind: 'given' };

/** Ids of one run stay apart up to 2^40 events; the bits above are random per seed and run. */
const INDEX_BITS = 40n;
const RUN_VALUES = 2 ** 22;
const INT31 = 2 ** 31;
/** Whole digits a decimal needs to carry an index. */
const MIN_WHOLE_DIGITS = 9;

/**
 * Picks the identity field that carries seed, run and index: the last text, else the last whole number or bytes, else
 * the event time. Throws CONFIG_INVALID when no field can: planned counts would not hold.
 */
export function createIdentity(
  stream: Pick<Stream, 'name' | 'fields' | 'identity' | 'generate' | 'eventTime'>,
  options: { readonly label: string; readonly random: RandomAccess },
): Identity {
  const fields = stream.fields.filter((field) => stream.identity.includes(field.name));
  const free = fields.filter((field) => stream.generate[field.name] === undefined);
  const carriers = free.filter((field) => field.name !== stream.eventTime);
  const base = Math.floor(options.random.derive('identity').uniformAt(0) * RUN_VALUES);
  const carrier =
    carriers.findLast((field) => field.type.kind === 'string') ?? carriers.findLast(carriesIndex);
  if (carrier !== undefined) {
    const valueAt = (index: number) =>
      identityValue(carrier, index, { label: options.label, base });
    return { kind: 'field', name: storedName(carrier), valueAt };
  }
  if (stream.eventTime !== null && stream.identity.includes(stream.eventTime)) {
    return { kind: 'eventTime' };
  }
  if (free.length < fields.length) return { kind: 'given' };
  throw new SluiceError(
    'CONFIG_INVALID',
    `stream ${stream.name}: no field of its identity (${stream.identity.join(', ')}) can hold a number, so events cannot be told apart; name a generator for one of them`,
  );
}

function carriesIndex({ type }: Field): boolean {
  if (type.kind === 'decimal') return type.precision - type.scale >= MIN_WHOLE_DIGITS;
  return ['long', 'money', 'int', 'double', 'bytes'].includes(type.kind);
}

function identityValue(
  { type }: Field,
  index: number,
  { label, base }: { readonly label: string; readonly base: number },
): Value {
  const id = `${label}-${index}`;
  switch (type.kind) {
    case 'int':
      return (base + index) % INT31;
    case 'double':
      return index;
    case 'long':
    case 'money':
      return (BigInt(base) << INDEX_BITS) + BigInt(index);
    case 'decimal':
      return BigInt(index) * 10n ** BigInt(type.scale);
    case 'bytes':
      return new Uint8Array(Buffer.from(id));
    default:
      return id;
  }
}
