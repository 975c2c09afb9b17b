/** The pages of docs/workflows: their requests, run as written, have the statuses and the answers that the pages show. */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { ERRORS } from '../../server/fhir/outcome.ts'
import { ROOT, sourceFiles } from '../checks/files.ts'
import { textOf } from '../checks/markdown.ts'
import { given } from '../given.ts'

const run = promisify(execFile)

const missing = ['bash', 'curl'].filter((tool) => spawnSync(tool, ['--version']).error)
const PAGES = sourceFiles('docs/workflows', ['.md'])

/** A request of a page: the status in its comment, and the parts of the answer that the page shows. */
type PageRequest = { readonly line: string; readonly status: string; readonly shown: unknown[] }

/** The fenced blocks of a page, in order. */
const blocksOf = (page: string): readonly (readonly [language: string, text: string])[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', text = '']) => [language, text])

/** The requests of the `sh` blocks; a `json` block is of the request before it. */
function requestsOf(page: string): readonly PageRequest[] {
  const requests: PageRequest[] = []
  for (const [language, text] of blocksOf(page)) {
    if (language === 'json') requests.at(-1)?.shown.push(JSON.parse(text))
    if (language !== 'sh') continue
    let status = ''
    for (const line of text.split('\n')) {
      status = /^# .*: (\d{3})\.?/.exec(line)?.[1] ?? status
      if (/^hub /.test(line)) requests.push({ line, status, shown: [] })
    }
  }
  return requests
}

/** Is the part in the whole? Objects may have more; of a list each shown item is somewhere in it, in order; `...` is any text. */
function isShown(part: unknown, whole: unknown): boolean {
  if (part === '...') return whole !== undefined
  if (typeof part === 'string' && part.endsWith('...')) return String(whole).startsWith(part.slice(0, -3))
  if (typeof part !== 'object' || part === null) return part === whole
  if (typeof whole !== 'object' || whole === null) return false
  if (!Array.isArray(part))
    return Object.entries(part).every(([name, one]) => isShown(one, (whole as Record<string, unknown>)[name]))
  const rest = Array.isArray(whole) ? [...(whole as unknown[])] : []
  return part.every((one) => {
    const at = rest.findIndex((other) => isShown(one, other))
    rest.splice(0, at + 1)
    return at >= 0
  })
}

describe('the workflow pages', function () {
  this.timeout(120_000)
  for (const page of PAGES) {
    it(`${page} answers as it says`, async function () {
      if (missing.length > 0) {
        console.log(`      skipped: ${missing.join(' and ')} is not installed here`)
        this.skip()
      }
      const text = textOf(page)
      const requests = requestsOf(text)
      assert.ok(requests.length > 0, 'the page has no request')
      const script = blocksOf(text)
        .flatMap(([language, one]) => (language === 'sh' ? [one] : []))
        .join('\n')
      const hub = await given()
      try {
        const options = { cwd: ROOT, env: { ...process.env, HUB: hub.url } }
        const { stdout, stderr } = await run('bash', ['-c', script], options)
        const answers = [...stdout.matchAll(/^(.*)\n(\d{3})\n$/gm)]
        assert.equal(answers.length, requests.length, `${stdout}\n${stderr}`)
        requests.forEach(({ line, status, shown }, index) => {
          const [, body = '', seen] = answers[index] ?? []
          assert.equal(seen, status, `${line}\n${body}`)
          for (const part of shown)
            assert.ok(isShown(part, JSON.parse(body)), `${line} does not show ${JSON.stringify(part)}: ${body}`)
        })
      } finally {
        await hub.stop()
      }
    })
  }

  it('name error codes with their statuses', () => {
    const named = PAGES.flatMap((page) =>
      [...textOf(page).matchAll(/(\d{3}) `([a-z-]+)`/g)].map(([, status = '', code = '']) => [page, status, code]),
    )
    const statuses = new Map(Object.entries(ERRORS).map(([code, [status]]) => [code, String(status)]))
    assert.ok(named.length > 5)
    // `referral-closed` is said of a success.
    assert.deepEqual(
      named.filter(([, status, code = '']) => statuses.get(code) !== status && status !== '200'),
      [],
    )
  })

  it('compare what they show with the answer, and find a difference', () => {
    const whole = { a: 1, b: [{ c: 'x' }, { c: 'y', d: 2 }], e: 'Patient/1' }
    for (const part of [{ a: 1 }, { b: [{ c: 'y' }] }, { b: [{ c: 'x' }, { d: 2 }], e: 'Patient/...' }, { e: '...' }])
      assert.ok(isShown(part, whole), JSON.stringify(part))
    for (const part of [
      { a: 2 },
      { b: [{ c: 'z' }] },
      { b: [{ c: 'y' }, { c: 'x' }] },
      { f: '...' },
      { e: 'Task/...' },
    ])
      assert.ok(!isShown(part, whole), JSON.stringify(part))
  })
})
