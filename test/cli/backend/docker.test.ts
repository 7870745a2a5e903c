import { describe, expect, it } from 'vitest';
import { findDocker } from '#cli/backend/docker.ts';
import { fakeDocker, HEALTHY } from './fake-docker.ts';

describe('Docker', () => {
  it.each([
    [
      'its engine',
      'version*) echo "Cannot connect to the daemon" >&2; exit 1 ;;',
      'engine does not answer (Cannot connect to the daemon); start it',
    ],
    ['Compose', 'version*) echo 28 ;;\n*) exit 1 ;;', 'has no Compose plugin'],
    ['a new Compose', 'version*) echo 28 ;;\n*) echo 1.29.2 ;;', 'Compose is 1.29.2, expected 2'],
  ])('says that %s is missing', async (_, cases, message) => {
    const { command } = fakeDocker(cases);
    await expect(findDocker(command)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      message: expect.stringContaining(message),
    });
  });

  it('says that it is missing itself, and what else there is', async () => {
    await expect(findDocker('/nowhere/docker')).rejects.toThrow(
      /Docker is not installed .*npm run dev.*--backend endpoints/,
    );
  });

  it('tells what a command complained', async () => {
    const { command } = fakeDocker(`${HEALTHY}\n*) echo "no such image" >&2; exit 3 ;;`);
    const docker = await findDocker(command);
    await expect(docker.run(['compose', 'up'])).rejects.toThrow(
      'docker compose up failed: no such image',
    );
  });
});
