/**
 * One verdict, wherever a resource is checked: every sample gets the same codes at the same expressions from `$validate`, from
 * a write, from a write inside a batch, from `nwd validate` and from the library.
 */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { validateFiles } from '../../server/cli/validate.ts'
import { validator, type Validate } from '../../server/library.ts'
import { ROOT } from '../checks/files.ts'
import { given, type Answer, type Client, type Given } from '../given.ts'

/** Issues of a write only, because they depend on the records of the hub or on the caller. */
const ONLY_A_WRITE: Readonly<Record<string, string>> = {
  'reference-not-found': 'the record that is referred to is not in the store',
  'reference-foreign': 'the record that is referred to is in the store, and of another participant',
  'duplicate-participant': 'a participant of the same number is in the store',
  'plan-active-exists': 'another plan of the participant is in the store',
  'definition-taken': 'a definition of the same url is in the store',
  'catalogue-rule': 'the record is compared with records of the store',
  'transition-illegal': 'the step depends on the state that is stored, and on who takes it',
  'referral-rule': 'the referral is compared with its other records in the store',
  'consent-missing': 'the consent is in the store',
  'care-team-rule': 'who may say what depends on the caller, and on the team that is stored',
  'agency-rule': 'an agency is compared with the other agencies',
  'agency-not-yours': 'it depends on the caller',
  'role-required': 'it depends on the caller',
  'subscription-rule': 'what may be subscribed to depends on the caller and on settings of the hub',
}

type VerdictIssue = { readonly severity?: string; readonly detail?: string; readonly expression?: string }
type IssueList = {
  readonly issue: readonly {
    readonly severity: string
    readonly details?: { readonly coding?: readonly { readonly code: string }[] }
    readonly expression?: readonly string[]
  }[]
}

const errors = (issues: readonly VerdictIssue[], not: object = {}): readonly string[] =>
  issues
    .filter(({ severity, detail = '' }) => severity === 'error' && !Object.hasOwn(not, detail))
    .map(({ detail, expression }) => `${detail} ${expression}`)
    .sort()

const issuesIn = (outcome: IssueList | undefined): readonly VerdictIssue[] =>
  (outcome?.issue ?? []).map(({ severity, details, expression }) => ({
    severity,
    detail: details?.coding?.[0]?.code,
    expression: expression?.[0],
  }))

type SampleFile = { readonly file: string; readonly text: string; readonly type: string }

describe('a sample gets one verdict', () => {
  let hub: Given
  let board: Client
  let validate: Validate
  let reported: ReadonlyMap<string, readonly VerdictIssue[]>
  before(async function () {
    this.timeout(60_000)
    hub = await given()
    board = hub.as(undefined)
    validate = await validator()
    // All at once: the command loads the definitions whenever it is called.
    reported = await onCommandLine(foldersOfSamples().flatMap(([, samples]) => samples))
  })
  after(() => hub.stop())

  for (const [folder, samples] of foldersOfSamples()) {
    it(`of ${folder}`, async function () {
      this.timeout(60_000)
      const batch = await inBatch(board, samples)
      for (const [index, { file, text, type }] of samples.entries()) {
        const expected = errors((await validate(text)).issues)
        assert.deepEqual(errors(reported.get(file) ?? []), expected, `nwd validate ${file}`)
        const answer = await board.post(`/${type}/$validate`, text)
        assert.equal(answer.status, 200)
        assert.deepEqual(errors(issuesIn(answer.body as IssueList)), expected, `$validate ${file}`)
        // A type that only the hub writes has no create.
        if (type === 'AuditEvent') continue
        const written = errors(refusal(await board.post(`/${type}`, text)), ONLY_A_WRITE)
        assert.deepEqual(written, expected, `POST ${file}`)
        const inEntry = expected.map((one) => one.replace(` ${type}`, ` Bundle.entry[${index}].resource`)).sort()
        assert.deepEqual(errors(batch[index] ?? [], ONLY_A_WRITE), inEntry, `in a batch ${file}`)
      }
    })
  }
})

const refusal = ({ status, body }: Answer): readonly VerdictIssue[] => (status < 300 ? [] : issuesIn(body as IssueList))

async function onCommandLine(samples: readonly SampleFile[]): Promise<ReadonlyMap<string, readonly VerdictIssue[]>> {
  let out = ''
  const streams = { input: nothing(), out: { write: (text: string) => (out += text) }, err: { write: assert.fail } }
  const files = samples.map(({ file }) => file)
  await validateFiles(files, { format: 'ndjson', threads: 1 }, streams)
  const verdicts = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { file: string; issues: readonly VerdictIssue[] })
  return new Map(verdicts.map(({ file, issues }) => [file, issues]))
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  yield* []
}

async function inBatch(client: Client, samples: readonly SampleFile[]): Promise<readonly (readonly VerdictIssue[])[]> {
  const entry = samples.map(
    ({ text, type }) => `{"resource":${text},"request":{"method":"POST","url":${JSON.stringify(type)}}}`,
  )
  const answer = await client.post('', `{"resourceType":"Bundle","type":"batch","entry":[${entry.join(',')}]}`)
  assert.equal(answer.status, 200)
  const entries = answer.body.entry as readonly { readonly response: { readonly outcome?: IssueList } }[]
  return entries.map(({ response }) => issuesIn(response.outcome))
}

function foldersOfSamples(): readonly (readonly [string, readonly SampleFile[]])[] {
  const root = path.join(ROOT, 'samples')
  return readdirSync(root).flatMap((folder) => {
    const names = readdirSync(path.join(root, folder)).filter(
      (name) => /^(valid|invalid)-.*\.json$/.test(name) && !name.endsWith('.issues.json'),
    )
    const samples = names.map((name) => {
      const file = path.join(root, folder, name)
      const text = readFileSync(file, 'utf8')
      return { file, text, type: (JSON.parse(text) as { resourceType: string }).resourceType }
    })
    return samples.length > 0 ? [[folder, samples] as const] : []
  })
}
