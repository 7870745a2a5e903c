/**
 * Judges the AWS adapters and the local cloud by implementations of other people (`npm run test:emulators`):
 * the contract suites against each of them, boto3 scripts against them and the local cloud, and AWS's own
 * runtime interface clients against the Runtime API. What it needs is installed outside the repository, what
 * it starts listens on 127.0.0.1, and nothing else is stopped. Ends with 1 when a difference is not known or a
 * judge is missing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLocalCloud } from '#cli/local-cloud.ts';
import { createOutput } from '#cli/output.ts';
import { workGroupOf } from '#cli/stack-outputs.ts';
import { compareChecks, compareMembers } from './boto3/compare-checks.ts';
import { type CheckResult, runChecks, SERVICES, type Service } from './boto3/run-checks.ts';
import { chooseBackend } from './delegated/choose-backend.ts';
import { judgeProfile } from './delegated/judge-profile.ts';
import { endpointVariable, folderVariable } from './emulators/judge-environment.ts';
import { type Finding, judgeFindings, printVerdict } from './emulators/judge-findings.ts';
import { runSuites } from './emulators/run-suites.ts';
import { EMULATOR_JUDGES, type EmulatorJudge } from './judges/emulator-judges.ts';
import { type Installed, installPython, judgesFolder } from './judges/judge-folder.ts';
import type { RunningJudge } from './judges/judge-process.ts';
import { installPyIceberg } from './judges/pyiceberg-judge.ts';
import { RUNTIME_CLIENTS } from './judges/runtime-clients.ts';
import { installTrino, TRINO_VERSION } from './judges/trino-judge.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BOTO3 = 'boto3==1.44.5';
/** What each judge is asked by boto3; moto's Lambda needs containers, its STS says nothing of ours. */
const ASKED: Readonly<Record<EmulatorJudge['name'], readonly Service[]>> = {
  moto: [
    's3',
    'kinesis',
    'dynamodb',
    'glue',
    'athena',
    'cloudwatch',
    'sqs',
    'events',
    'sts',
    'secretsmanager',
    'ssm',
  ],
  ministack: [
    's3',
    'kinesis',
    'dynamodb',
    'glue',
    'athena',
    'lambda',
    'cloudwatch',
    'sqs',
    'events',
    'sts',
    'secretsmanager',
    'ssm',
  ],
  'kinesis-mock': ['kinesis'],
  // Judged by the contract suites, and at work in the profile of the compose backend.
  minio: [],
  localstack: [],
  apicurio: [],
};
/** A Kinesis event that the writer takes: what it cannot decode it stores elsewhere. */
const UNDECODABLE_RECORD = {
  eventID: 'shardId-000000000000:1',
  eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/local-market',
  kinesis: {
    partitionKey: 'k',
    sequenceNumber: '1',
    data: 'AA==',
    approximateArrivalTimestamp: 1_780_000_000.5,
  },
};
const output = createOutput(
  { stdout: process.stdout, stderr: process.stderr, now: () => performance.now() },
  false,
);

interface Started {
  readonly judge: EmulatorJudge;
  readonly running: RunningJudge;
}

const started: Started[] = [];
/** What judges answer and the local cloud does not: for people to look at. */
const members: string[] = [];
const missing: string[] = [];
/** Parts of the compose backend that this machine cannot have: no failure, but told. */
const absent: string[] = [];
try {
  output.line(`Judges are kept in ${judgesFolder()}.`);
  for (const judge of EMULATOR_JUDGES) {
    const found = judge.optional === true ? absent : missing;
    const folder = install(judge.name, judge.version, { by: () => judge.install(), found });
    if (folder === null) continue;
    const running = await startOrTell(judge, folder, found);
    if (running === null) continue;
    process.env[endpointVariable(judge.name)] = running.endpoint;
    started.push({ judge, running });
  }
  const clients = RUNTIME_CLIENTS.filter((client) => {
    const folder = install(client.name, client.version, {
      by: () => client.install(),
      found: missing,
    });
    if (folder !== null) process.env[folderVariable(client.name)] = folder;
    return folder !== null;
  });
  const findings = [
    ...(await judgeByContracts(clients.length > 0)),
    ...(await judgeByBoto3(
      install('boto3', BOTO3, { by: () => installPython('boto3', [BOTO3]), found: missing }),
    )),
  ];
  const profile = await judgeDelegation();
  const judged = judgeFindings(findings, {
    judges: started.map(({ judge }) => judge.name),
  });
  printVerdict(output, judged, { missing, members });
  for (const reason of absent) output.line(`Not found, so not judged: ${reason}`);
  const wrong = judged.unknown.length + judged.vanished.length + missing.length + profile.length;
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  for (const { running } of started) await running.stop();
}

/** Folder of an installed judge; null, and a sentence, when it cannot be had on this machine. */
function install(
  name: string,
  version: string,
  options: { readonly by: () => Installed; readonly found: string[] },
): string | null {
  output.line(`Installing ${version} …`);
  const installed = options.by();
  if (installed.kind === 'installed') return installed.folder;
  tellMissing(name, installed.reason, options.found);
  return null;
}

async function startOrTell(
  judge: EmulatorJudge,
  folder: string,
  found: string[],
): Promise<RunningJudge | null> {
  try {
    return await judge.start(folder);
  } catch (error) {
    tellMissing(judge.name, error instanceof Error ? error.message : String(error), found);
    return null;
  }
}

function tellMissing(name: string, reason: string, found: string[]): void {
  found.push(`${name}: ${reason}`);
  output.problem(`${name} is not among the judges: ${reason}`);
}

/** The compose backend's profile on the judges that run. */
async function judgeDelegation(): Promise<readonly string[]> {
  const running = new Map(
    started.map(({ judge, running: { endpoint } }) => [judge.name, endpoint] as const),
  );
  const trino = install('trino', TRINO_VERSION, { by: installTrino, found: absent });
  const pyIceberg = install('PyIceberg', 'PyIceberg', { by: installPyIceberg, found: absent });
  return await judgeProfile(chooseBackend(running), { trino, pyIceberg }, output);
}

async function judgeByContracts(hasRuntimeClients: boolean): Promise<readonly Finding[]> {
  output.line('Running the contract suites against every judge …');
  const files = started.map(({ judge }) => judge.name as string);
  const cases = await runSuites(hasRuntimeClients ? [...files, 'runtime-clients'] : files);
  return cases.map(({ suite, case: name, problem }) => {
    // `event stream contract: Kinesis on moto`, `Runtime API on awslambdaric`
    const [, service = suite, judge = ''] = /([\w ]+) on ([\w-]+)$/.exec(suite) ?? [];
    return { judge, by: 'contract', service: service.trim(), case: name, problem };
  });
}

async function judgeByBoto3(python: string | null): Promise<readonly Finding[]> {
  if (python === null) return [];
  output.line('Asking the local cloud and every judge the same by boto3 …');
  const ours = await askLocalCloud(python);
  const findings: Finding[] = [...ours].flatMap(([service, results]) =>
    findingsOfOurs(service, results),
  );
  for (const { judge, running } of started) {
    for (const service of ASKED[judge.name]) {
      const our = ours.get(service) ?? [];
      const theirs = await runChecks(service, { python, endpoint: running.endpoint });
      const differences = compareChecks(our, theirs);
      for (const { check } of theirs) {
        const problem = differences.find((difference) => difference.check === check)?.text ?? null;
        findings.push({
          judge: judge.name,
          by: 'boto3',
          service: displayName(service),
          case: check,
          problem,
        });
      }
      for (const text of compareMembers(our, theirs)) {
        members.push(`${judge.name}, ${displayName(service)} ${text}`);
      }
    }
  }
  return findings;
}

/** What boto3 finds wrong with the local cloud itself: a check that fails, an answer of another shape. */
function findingsOfOurs(service: Service, results: readonly CheckResult[]): readonly Finding[] {
  const shapes = [...new Set(results.flatMap((result) => result.shapes))];
  const base = { judge: 'boto3', by: 'boto3', service: displayName(service) } as const;
  return [
    ...results.map(({ check, problem }) => ({ ...base, case: check, problem })),
    {
      ...base,
      case: "answers have the shapes of the service's model",
      problem: shapes.length === 0 ? null : shapes.join('; '),
    },
  ];
}

/** The whole local cloud on a state of its own, as the templates deploy it. */
async function askLocalCloud(python: string): Promise<Map<Service, readonly CheckResult[]>> {
  const state = mkdtempSync(path.join(os.tmpdir(), 'sluice-judged-'));
  process.env['SLUICE_STATE'] = state;
  const cloud = await openLocalCloud({ root: ROOT, output }, { port: 0 });
  try {
    const answers = new Map<Service, readonly CheckResult[]>();
    const facts = {
      workGroup: workGroupOf(cloud.outputs),
      database: 'local_market_bronze',
      table: 'trade',
      function: 'sluice-local-market-lake-writer',
      event: JSON.stringify({ Records: [UNDECODABLE_RECORD] }),
      failingEvent: JSON.stringify({ Records: [] }),
    };
    for (const service of SERVICES) {
      answers.set(service, await runChecks(service, { python, endpoint: cloud.endpoint, facts }));
    }
    return answers;
  } finally {
    await cloud.close();
    rmSync(state, { recursive: true, force: true, maxRetries: 5 });
  }
}

function displayName(service: Service): string {
  const names: Readonly<Partial<Record<Service, string>>> = {
    s3: 'S3',
    dynamodb: 'DynamoDB',
    cloudwatch: 'CloudWatch',
    sqs: 'SQS',
    events: 'EventBridge',
    sts: 'STS',
    secretsmanager: 'SecretsManager',
    ssm: 'SSM',
  };
  return names[service] ?? `${service.charAt(0).toUpperCase()}${service.slice(1)}`;
}
