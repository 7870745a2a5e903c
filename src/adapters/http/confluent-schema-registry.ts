import { SluiceError } from '#core/errors.ts';
import { definitionText, parseDefinition } from '#core/schema/definition-text.ts';
import {
  type CompatibilityMode,
  MODE_RULES,
  modeOf,
} from '#core/schema/evolution/compatibility-mode.ts';
import { confluentIdOf, type WireSchemaId } from '#core/schema/wire-schema-id.ts';
import type { RegisteredSchemaVersion, SchemaRegistry } from '#ports/schema-registry.ts';
import {
  type ConfluentAnswer,
  type ConfluentRegistryOptions,
  createConfluentCalls,
  unexpected,
} from './confluent-calls.ts';

/** Source: Confluent Schema Registry API Reference, error codes. */
const SUBJECT_NOT_FOUND = 40401;
const VERSION_NOT_FOUND = 40402;
const SCHEMA_NOT_FOUND = 40403;
const MODE_NOT_CONFIGURED = 40408;
/** A refusal is believed the second time: registries refuse what another producer is registering. */
const REGISTRATIONS = 2;

/**
 * SchemaRegistry over the REST API of Confluent Schema Registry, which Karapace and Apicurio answer too. One
 * definition has one id, under whatever subjects; a version that is deleted softly is none.
 * Source: Confluent Schema Registry API Reference.
 */
export function createConfluentSchemaRegistry(options: ConfluentRegistryOptions): SchemaRegistry {
  const call = createConfluentCalls(options);
  const at = (subject: string, rest = '') => `/subjects/${encodeURIComponent(subject)}${rest}`;

  const find = async (
    subject: string,
    definition: string,
  ): Promise<RegisteredSchemaVersion | null> => {
    parseDefinition(definition);
    // Some registries compare texts: ours is always the one without spaces.
    const answer = await call('POST', at(subject), { schema: definitionText(definition) });
    if (isNotFound(answer, SUBJECT_NOT_FOUND, SCHEMA_NOT_FOUND)) return null;
    return versionOf(answer);
  };

  /** False for a subject that has to exist first: in Confluent's registry it need not. */
  const configure = async (subject: string, mode: CompatibilityMode): Promise<boolean> => {
    const answer = await call('PUT', `/config/${encodeURIComponent(subject)}`, {
      compatibility: confluentMode(mode),
    });
    if (isNotFound(answer, SUBJECT_NOT_FOUND)) return false;
    if (!answer.ok) throw unexpected(answer);
    return true;
  };

  /** Throws SCHEMA_INCOMPATIBLE when the registry refuses the definition, which it may while another producer registers. */
  const add = async (subject: string, definition: string): Promise<RegisteredSchemaVersion> => {
    let answer: ConfluentAnswer | null = null;
    for (let attempt = 0; attempt < REGISTRATIONS; attempt++) {
      answer = await call('POST', at(subject, '/versions'), { schema: definitionText(definition) });
      if (!answer.ok && answer.status !== 409 && answer.status !== 422) throw unexpected(answer);
      const registered = await find(subject, definition);
      if (registered !== null) return registered;
    }
    if (answer === null || !answer.ok) throw refused(subject, answer);
    throw new SluiceError(
      'SOURCE_UNAVAILABLE',
      `the schema registry does not find what it registered for ${subject}; is a replica behind? Repeat the call`,
    );
  };

  const numbers = async (subject: string): Promise<readonly number[]> => {
    const answer = await call('GET', at(subject, '/versions'));
    if (isNotFound(answer, SUBJECT_NOT_FOUND)) return [];
    if (!answer.ok || !Array.isArray(answer.body)) throw unexpected(answer);
    return answer.body.filter((item) => typeof item === 'number').sort((a, b) => a - b);
  };

  return {
    wireFormat: 'confluent',

    async lookup(subject, definition) {
      return (await find(subject, definition))?.id ?? null;
    },

    async register(subject, definition, { compatibility } = {}) {
      const existing = await find(subject, definition);
      if (existing !== null) return existing;
      const isNew = compatibility !== undefined && (await numbers(subject)).length === 0;
      // Before the first version where that is possible, so that nothing is ever judged without the mode.
      const isConfigured = !isNew || (await configure(subject, compatibility));
      const registered = await add(subject, definition);
      if (!isConfigured) await configure(subject, compatibility);
      return registered;
    },

    async get(id) {
      const number = confluentIdOf(id);
      if (number === null) return null;
      const schema = await call('GET', `/schemas/ids/${number}`);
      if (isNotFound(schema, SCHEMA_NOT_FOUND)) return null;
      const definition = avroDefinition(schema);
      if (definition === null) return null;
      const uses = await call('GET', `/schemas/ids/${number}/versions`);
      if (!uses.ok && uses.status !== 404) throw unexpected(uses);
      return { id, ...firstUse(uses.body), definition };
    },

    async versions(subject) {
      const found: RegisteredSchemaVersion[] = [];
      for (const number of await numbers(subject)) {
        const answer = await call('GET', at(subject, `/versions/${number}`));
        if (isNotFound(answer, SUBJECT_NOT_FOUND, VERSION_NOT_FOUND)) continue;
        const version = versionOf(answer);
        if (version !== null) found.push(version);
      }
      return found;
    },

    async compatibility(subject) {
      if ((await numbers(subject)).length === 0) return null;
      const own = await call('GET', `/config/${encodeURIComponent(subject)}`);
      const isOwn = !isNotFound(own, SUBJECT_NOT_FOUND, MODE_NOT_CONFIGURED);
      const answer = isOwn ? own : await call('GET', '/config');
      if (!answer.ok) throw unexpected(answer);
      return modeOf('confluent', String(member(answer.body, 'compatibilityLevel')));
    },

    async setCompatibility(subject, mode) {
      confluentMode(mode);
      if ((await numbers(subject)).length === 0) {
        throw new SluiceError(
          'SCHEMA_UNKNOWN',
          `the schema registry has no subject ${subject}; register a version first`,
        );
      }
      await configure(subject, mode);
    },
  };
}

function confluentMode(mode: CompatibilityMode): string {
  const name = MODE_RULES[mode].confluent;
  if (name !== null) return name;
  throw new SluiceError(
    'FEATURE_UNSUPPORTED',
    `a Confluent schema registry has no compatibility ${mode}; expected another mode, or make the subject read-only there`,
  );
}

/** Some registries send the HTTP status only. */
function isNotFound(answer: ConfluentAnswer, ...codes: readonly number[]): boolean {
  return answer.status === 404 && (answer.errorCode === null || codes.includes(answer.errorCode));
}

/** Null for a schema of another format: Protobuf and JSON Schema say so, Avro says nothing. */
function avroDefinition(answer: ConfluentAnswer): string | null {
  if (!answer.ok) throw unexpected(answer);
  const type = member(answer.body, 'schemaType') ?? 'AVRO';
  const schema = member(answer.body, 'schema');
  if (typeof schema !== 'string') throw unexpected(answer);
  return type === 'AVRO' ? schema : null;
}

function versionOf(answer: ConfluentAnswer): RegisteredSchemaVersion | null {
  const definition = avroDefinition(answer);
  if (definition === null) return null;
  const id = member(answer.body, 'id');
  const version = member(answer.body, 'version');
  const subject = member(answer.body, 'subject');
  if (typeof id !== 'number' || typeof version !== 'number' || typeof subject !== 'string') {
    throw unexpected(answer);
  }
  return { id: String(id) satisfies WireSchemaId, subject, version, definition };
}

/** Where an id is registered first; nowhere when its only subject was deleted. */
function firstUse(body: unknown): { readonly subject: string; readonly version: number } {
  const [first] = Array.isArray(body) ? (body as readonly unknown[]) : [];
  const [subject, version] = [member(first, 'subject'), member(first, 'version')];
  return {
    subject: typeof subject === 'string' ? subject : '',
    version: typeof version === 'number' ? version : 0,
  };
}

export function member(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null
    ? (body as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function refused(subject: string, answer: ConfluentAnswer | null): SluiceError {
  return new SluiceError(
    'SCHEMA_INCOMPATIBLE',
    `the registry refuses the definition of ${subject}: ${answer?.message ?? ''}; change it, or the subject's compatibility`,
  );
}
