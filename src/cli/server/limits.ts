/** The limits as options of `lopper serve`; each is an environment variable too. */
import { Option } from 'commander';
import { DEFAULT_LIMITS, type Limits } from '../../server/settings.js';
import { wholeNumber } from '../support/options.js';

/** Flag, variable, limit, what it says, least value. */
const TABLE: readonly [flag: string, variable: string, limit: keyof Limits, says: string, least: number][] = [
  ['--max-jobs', 'LOPPER_MAX_JOBS', 'jobsRunning', 'jobs that run at once', 1],
  ['--max-queued', 'LOPPER_MAX_QUEUED', 'jobsQueued', 'jobs that wait', 1],
  ['--max-client-jobs', 'LOPPER_MAX_CLIENT_JOBS', 'jobsPerClient', 'jobs of one client at once', 1],
  ['--job-memory', 'LOPPER_JOB_MEMORY', 'jobMemoryMb', 'memory of a job, in MB', 128],
  ['--job-time', 'LOPPER_JOB_TIME', 'jobSeconds', 'time of a job, in seconds', 1],
  ['--keep-hours', 'LOPPER_KEEP_HOURS', 'jobKeepHours', 'how long ended jobs are kept, in hours', 1],
  ['--keep-jobs', 'LOPPER_KEEP_JOBS', 'jobsKept', 'ended jobs that are kept', 1],
  ['--upload', 'LOPPER_UPLOAD', 'uploadMb', 'most of one upload, in MB', 1],
  ['--upload-files', 'LOPPER_UPLOAD_FILES', 'uploadFiles', 'most files of one upload', 1],
  ['--infer-rate', 'LOPPER_INFER_RATE', 'inferPerMinute', 'inferences of a client a minute, 0: any', 0],
  ['--api-rate', 'LOPPER_API_RATE', 'apiPerMinute', 'other API requests of a client a minute, 0: any', 0],
  ['--lab-rate', 'LOPPER_LAB_RATE', 'measurementsPerMinute', 'measurements of a client a minute, 0: any', 0],
  ['--lab-rows', 'LOPPER_LAB_ROWS', 'measurementsKept', 'measurements that are kept', 1],
];

/** Commander's name of `--max-jobs` is `maxJobs`. */
const nameOf = (flag: string): string =>
  flag.slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

export function limitOptions(): Option[] {
  return TABLE.map(([flag, variable, limit, says, least]) =>
    new Option(`${flag} <n>`, says)
      .env(variable)
      .default(DEFAULT_LIMITS[limit])
      .argParser(wholeNumber(least)),
  );
}

export function limitsOf(options: Record<string, unknown>): Limits {
  const given = TABLE.map(([flag, , limit]) => [limit, options[nameOf(flag)] ?? DEFAULT_LIMITS[limit]]);
  return Object.fromEntries(given) as Limits;
}
