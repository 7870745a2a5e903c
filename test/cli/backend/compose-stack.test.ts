import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { COMPOSE_ENDPOINTS, openComposeStack, TRINO_URL } from '#cli/backend/compose-stack.ts';
import { findDocker } from '#cli/backend/docker.ts';
import { fakeDocker, HEALTHY } from './fake-docker.ts';

const signal = new AbortController().signal;

async function stackOn(cases: string) {
  const fake = fakeDocker(`${HEALTHY}\n${cases}`);
  const stack = openComposeStack(await findDocker(fake.command), '/project');
  const compose = 'compose --file /project/localstack/docker-compose.yml ';
  const calls = () =>
    fake
      .calls()
      .filter((call) => call.startsWith(compose))
      .map((call) => call.slice(compose.length));
  return { stack, calls };
}

describe('containers of the compose backend', () => {
  it('come up healthy, and stop where this process started them', async () => {
    const { stack, calls } = await stackOn('*"ps --services"*) echo minio ;;');
    await stack.startStores(signal);
    await stack.startReader('http://127.0.0.1:4566', signal);
    await stack.stop();
    await stack.stop();
    expect(calls()).toEqual([
      'ps --services --status running',
      'up --detach --wait --wait-timeout 180 localstack minio',
      'ps --services --status running',
      'up --detach --wait --wait-timeout 180 trino http://127.0.0.1:4566/iceberg',
      'stop localstack trino',
    ]);
  });

  it('stop after a start that failed half-way', async () => {
    const { stack, calls } = await stackOn('*" up "*) echo unhealthy >&2; exit 1 ;;');
    await expect(stack.startStores(signal)).rejects.toThrow('unhealthy');
    await stack.stop();
    expect(calls().at(-1)).toBe('stop localstack minio');
  });

  it.each([
    [
      'lines',
      `printf '%s\\n%s\\n' '{"Service":"trino","State":"running","Health":"healthy"}' '{"Service":"minio","State":"exited","Health":""}'`,
    ],
    [
      'an array',
      `echo '[{"Service":"trino","State":"running","Health":"healthy"},{"Service":"minio","State":"exited","Health":""}]'`,
    ],
  ])('tell their health as %s', async (_, print) => {
    const { stack } = await stackOn(`*"ps --all"*) ${print} ;;`);
    expect(await stack.services()).toEqual([
      { name: 'minio', state: 'exited' },
      { name: 'trino', state: 'running (healthy)' },
    ]);
  });

  it('are removed with their data', async () => {
    const { stack, calls } = await stackOn('*) ;;');
    await stack.remove();
    expect(calls()).toEqual(['down --volumes']);
  });
});

interface ComposeFile {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly ports?: readonly string[];
        readonly network_mode?: string;
        readonly environment: Readonly<Record<string, string>>;
        readonly volumes: readonly string[];
        readonly mem_limit?: string;
        readonly healthcheck?: { readonly start_period?: string };
      }
    >
  >;
  readonly volumes: Readonly<Record<string, unknown>>;
}

describe('localstack/docker-compose.yml', () => {
  const folder = new URL('../../../localstack/', import.meta.url);
  const read = (file: string) => readFileSync(new URL(file, folder), 'utf8');
  const { services, volumes }: ComposeFile = parse(read('docker-compose.yml'));
  const all = Object.entries(services);

  it('pins every image, limits memory and waits for health', () => {
    for (const [name, service] of all) {
      expect(service.image, name).toMatch(/:(\d|RELEASE)[\w.-]+$/);
      expect(service.mem_limit, name).toMatch(/^\dg$/);
      expect(service.healthcheck?.start_period, name).toMatch(/^\d+s$/);
    }
  });

  it('publishes on the loopback only', () => {
    const ports = all.flatMap(([, { ports: published = [] }]) => published);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    const onHost = all.filter(([, { network_mode: mode }]) => mode === 'host');
    expect(onHost.map(([name]) => name)).toEqual(['trino']);
    expect(read('trino/node.properties')).toContain('node.bind-ip=127.0.0.1\n');
  });

  it('keeps data in named volumes', () => {
    const named = all.flatMap(([, service]) =>
      service.volumes.map((volume) => volume.split(':')[0]).filter((name) => name !== './trino'),
    );
    expect(named.toSorted()).toEqual(Object.keys(volumes).toSorted());
  });

  it('serves where the local cloud and Trino look', () => {
    const { minio, localstack, trino } = services;
    const portOf = (url = '') => new URL(url).port;
    expect(minio?.ports?.[0]).toBe(`127.0.0.1:${portOf(COMPOSE_ENDPOINTS.s3?.url)}:9000`);
    expect(localstack?.ports).toEqual([`127.0.0.1:${portOf(COMPOSE_ENDPOINTS.kinesis?.url)}:4566`]);
    expect(COMPOSE_ENDPOINTS.dynamodb).toEqual(COMPOSE_ENDPOINTS.kinesis);
    const { accessKeyId, secretAccessKey, url } = COMPOSE_ENDPOINTS.s3 ?? {};
    expect(minio?.environment).toEqual({
      MINIO_ROOT_USER: accessKeyId,
      MINIO_ROOT_PASSWORD: secretAccessKey,
    });
    expect(trino?.environment).toMatchObject({
      SLUICE_S3_ENDPOINT: url,
      SLUICE_S3_ACCESS_KEY: accessKeyId,
      SLUICE_S3_SECRET_KEY: secretAccessKey,
      SLUICE_TRINO_PORT: portOf(TRINO_URL),
    });
  });

  it('gives Trino every variable its files name', () => {
    const files = ['config.properties', 'node.properties', 'catalog/sluice.properties'];
    const names = files.flatMap((file) =>
      [...read(`trino/${file}`).matchAll(/\$\{ENV:(\w+)\}/g)].map(([, name = '']) => name),
    );
    expect(names.length).toBeGreaterThan(4);
    expect(Object.keys(services['trino']?.environment ?? {})).toEqual(
      expect.arrayContaining(names),
    );
  });
});
