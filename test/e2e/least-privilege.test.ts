import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector } from '#core/config/connector.ts';
import type { Domain } from '#core/config/project.ts';
import type { CallRecord } from '#embedded/services.ts';
import { driveCommitter } from './drive-committer.ts';
import { driveGenerator, driveHttpPoll } from './drive-connectors.ts';
import { driveFileIngest, privilegeEntry } from './drive-file-ingest.ts';
import { driveHttpIngest } from './drive-http-ingest.ts';
import { driveLakeWriter } from './drive-lake-writer.ts';
import { driveLedger } from './drive-ledger.ts';
import { driveMaintenance, eagerMaintenance } from './drive-maintenance.ts';
import { driveSink } from './drive-sink.ts';
import { type LocalDeployment, startLocalDeployment } from './local-deployment.ts';
import { type PollSource, startPollSource } from './poll-source.ts';
import { readTemplateRoles, type TemplateRoles } from './role-grants.ts';

type Driver = (deployment: LocalDeployment, domain: string, functionName: string) => Promise<void>;

/**
 * By the last part of a function's name: makes it take every path on which it calls AWS. They run in this order, so
 * that later ones find what earlier ones left.
 */
const DRIVERS: Readonly<Record<string, Driver>> = {
  'http-ingest': driveHttpIngest,
  'http-poll': driveHttpPoll,
  generator: driveGenerator,
  'lake-writer': driveLakeWriter,
  'sink-archive': driveSink,
  'file-ingest': driveFileIngest,
  ledger: driveLedger,
  // Leaves a source that no stream has: the books do not balance after it.
  committer: driveCommitter,
  maintenance: driveMaintenance,
};

let deployment: LocalDeployment;
let pollSource: PollSource;
let template: TemplateRoles;
let calls: readonly CallRecord[];

/** `sluice-local-<domain>-<function>` */
function partsOf(functionName: string): { readonly domain: string; readonly kind: string } {
  const domains = deployment.loaded.project.domains.map(({ name }) => name);
  const domain = domains.find((name) => functionName.startsWith(`sluice-local-${name}-`)) ?? '';
  return { domain, kind: functionName.slice(`sluice-local-${domain}-`.length) };
}

beforeAll(async () => {
  pollSource = await startPollSource();
  deployment = await startLocalDeployment({
    // A batch that cannot be written is given up at once, not after days.
    writer: { batchingWindowSeconds: 0, retryAttempts: 0, timeoutSeconds: 20 },
    // The writer that does not commit itself changes tables for migrations only.
    migrates: true,
    files: (domain) => [privilegeEntry(domain)],
    // One entry stands for all: what the function may do follows from the streams they name.
    change: (domain) =>
      pollSource.redirect(
        everywhere({ ...domain, files: [], maintenance: eagerMaintenance(domain) }),
      ),
  });
  template = readTemplateRoles(deployment.assemblyDir);
  for (const [kind, drive] of Object.entries(DRIVERS)) {
    for (const name of template.functions) {
      const parts = partsOf(name);
      if (parts.kind === kind) await drive(deployment, parts.domain, name);
    }
  }
  calls = await readCalls();
  // Schedules start by the clock: the first run comes within a second or two.
  for (let wait = 0; wait < 100 && idleRoles().length > 0; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    calls = await readCalls();
  }
}, 120_000);

/** The domain with every schedule switched on, wherever its connector is meant to run. */
function everywhere(domain: Domain): Domain {
  const connectors = domain.connectors.map((connector): Connector => {
    if (connector.kind === 'http-ingest') return connector;
    const started = { ...connector, environments: null };
    if (started.kind !== 'generator') return started;
    // With events all the time there would be no moment in which nothing waits for its commit.
    const producers = started.producers.map((each) => ({ ...each, everyMs: 20_000 }));
    return { ...started, producers };
  });
  return { ...domain, connectors };
}

async function readCalls(): Promise<readonly CallRecord[]> {
  const answer = await fetch(`${deployment.cloud.endpoint}/_sluice/calls`);
  return (await answer.json()) as readonly CallRecord[];
}

/** Roles that have not done anything so far. */
function idleRoles(): readonly string[] {
  const acting = new Set(calls.map(({ principal }) => principal));
  return template.roles.filter((role) => !acting.has(role));
}

afterAll(async () => {
  await deployment?.close();
  await pollSource?.close();
});

describe('permissions of the roles in the templates', () => {
  it('are exercised by a driver for each function', () => {
    const withoutDriver = template.functions.filter(
      (name) => !Object.hasOwn(DRIVERS, partsOf(name).kind),
    );
    expect(withoutDriver).toEqual([]);
  });

  it('are enough: no call was denied', () => {
    const denied = calls.filter(({ allowed }) => !allowed);
    expect(denied.map((call) => `${call.principal}: ${call.action} on ${call.resource}`)).toEqual(
      [],
    );
  });

  it('are the least: every action on every resource was needed', () => {
    const unused = template.grants.filter(
      ({ role, action, resource }) =>
        !calls.some(
          (call) =>
            call.allowed &&
            call.principal === role &&
            call.action === action &&
            call.resource === resource,
        ),
    );
    expect(
      unused.map((grant) => `${grant.role} ${grant.policy}: ${grant.action} on ${grant.resource}`),
    ).toEqual([]);
    expect(template.grants.length).toBeGreaterThan(10);
  });

  it('exist for every role, and each role did something', () => {
    expect(idleRoles()).toEqual([]);
  });
});
