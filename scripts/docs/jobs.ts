/** The kinds of jobs, for operators. */
import { JOB_KINDS } from '../../server/jobs/kinds.ts'
import { FAULT_WAITS } from '../../server/jobs/worker.ts'
import { code, page, table } from './page.ts'

export function jobsPage(): string {
  return page(
    'Jobs',
    'What the hub does outside of requests. The board lists jobs with `GET /fhir/$jobs` (see [operations](operations.md#jobs)), by state: `ready` (due), `scheduled` (due later), `running` (held by a process), `failed` (waits for a person), `done`.',
    table(
      ['kind', 'key', 'what the job does'],
      JOB_KINDS.map(({ kind, key, does }) => [code(kind), key, does]),
    ),
    '## When a job does not succeed',
    `A job that ends with a fault of the hub is tried again after ${FAULT_WAITS.map(readable).join(', ')}: ${FAULT_WAITS.length + 1} attempts in a day. If the last one fails as well, the job is \`failed\`: it is kept, logged once as an error (\`job failed\`), and shown by \`$jobs?state=failed\`. Once the cause is removed, \`POST /fhir/$retry-job\` with its kind and key makes it ready, and the series begins anew. What an endpoint answers to a notification is no fault of the hub: then the subscription's own schedule holds (HUB_RETRY_SCHEDULE).`,
  )
}

const readable = (seconds: number): string =>
  seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`
