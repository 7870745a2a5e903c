import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '#core/errors.ts';
import { replaceFile } from '#embedded/replace-file.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';
import { type EventMatcher, parseEventPattern } from './event-pattern.ts';
import { targetModel } from './target.ts';

export const DEFAULT_BUS = 'default';

const ruleModel = z.strictObject({
  busName: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  /** JSON; null for a rule that only a schedule starts. */
  eventPattern: z.string().nullable(),
  schedule: z.string().nullable(),
  state: z.enum(['ENABLED', 'DISABLED']),
  targets: z.array(targetModel),
  /** A template holds it: it goes when no template does any more. */
  fromTemplate: z.boolean(),
});
const fileModel = z.strictObject({
  version: z.literal(1),
  buses: z.array(z.strictObject({ name: z.string(), createdMs: z.number() })),
  rules: z.array(ruleModel),
});

export type Rule = z.infer<typeof ruleModel>;
export type EventBus = z.infer<typeof fileModel>['buses'][number];

const FILE_NAME = 'rules.json';

/** Buses and rules; the file is replaced as a whole with every change. */
export class RuleStore {
  readonly #file: string;
  readonly #buses = new Map<string, EventBus>();
  readonly #rules = new Map<string, Rule>();
  /** Of rules with a pattern. */
  readonly #matchers = new Map<string, EventMatcher>();

  /** Throws FORMAT_CORRUPT when the file is not ours. */
  constructor(stateDir: string, nowMs: number) {
    this.#file = path.join(stateDir, FILE_NAME);
    const stored = readStored(this.#file);
    this.#buses.set(DEFAULT_BUS, { name: DEFAULT_BUS, createdMs: nowMs });
    for (const bus of stored.buses) this.#buses.set(bus.name, bus);
    for (const rule of stored.rules) this.#put(rule);
  }

  buses(): readonly EventBus[] {
    return [...this.#buses.values()];
  }

  bus(name: string): EventBus | undefined {
    return this.#buses.get(name);
  }

  rule(busName: string, name: string): Rule | undefined {
    return this.#rules.get(keyOf(busName, name));
  }

  rules(): readonly Rule[] {
    return [...this.#rules.values()];
  }

  /** Enabled rules of a bus whose pattern the event fits. */
  matching(busName: string, event: unknown): readonly Rule[] {
    return this.rules().filter(
      (rule) =>
        rule.busName === busName &&
        rule.state === 'ENABLED' &&
        this.#matchers.get(keyOf(busName, rule.name))?.(event) === true,
    );
  }

  setBus(bus: EventBus): void {
    this.#buses.set(bus.name, bus);
    this.#write();
  }

  deleteBus(name: string): void {
    this.#buses.delete(name);
    this.#write();
  }

  /** Throws PatternError before anything changes. */
  setRule(rule: Rule): void {
    this.#put(rule);
    this.#write();
  }

  deleteRule(busName: string, name: string): void {
    this.#rules.delete(keyOf(busName, name));
    this.#matchers.delete(keyOf(busName, name));
    this.#write();
  }

  #put(rule: Rule): void {
    const key = keyOf(rule.busName, rule.name);
    const matcher = rule.eventPattern === null ? null : parseEventPattern(rule.eventPattern);
    this.#rules.set(key, rule);
    if (matcher === null) this.#matchers.delete(key);
    else this.#matchers.set(key, matcher);
  }

  #write(): void {
    const content = { version: 1, buses: this.buses(), rules: this.rules() };
    replaceFile(this.#file, `${JSON.stringify(content, null, 1)}\n`);
  }
}

export function busArn(name: string): string {
  return `arn:aws:events:${LOCAL_REGION}:${LOCAL_ACCOUNT}:event-bus/${name}`;
}

/** Rules of the default bus leave its name out. */
export function ruleArn({ busName, name }: Pick<Rule, 'busName' | 'name'>): string {
  const place = busName === DEFAULT_BUS ? name : `${busName}/${name}`;
  return `arn:aws:events:${LOCAL_REGION}:${LOCAL_ACCOUNT}:rule/${place}`;
}

/** Names cannot hold a slash where it would matter: a rule's has none. */
function keyOf(busName: string, name: string): string {
  return `${busName}/${name}`;
}

function readStored(file: string): Pick<z.infer<typeof fileModel>, 'buses' | 'rules'> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { buses: [], rules: [] };
    throw error;
  }
  try {
    return fileModel.parse(JSON.parse(text));
  } catch (cause) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `${file}: expected the rules of this version; delete the file to take those of the template`,
      { cause },
    );
  }
}
