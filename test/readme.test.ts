/** README's tour, run as written, against a hub of its own. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { codeBlocks, textOf } from './checks/markdown.ts'
import { startHub, type StartedHub } from './checks/process.ts'

const USUAL = 'http://127.0.0.1:8080/fhir'
const missing = ['bash', 'curl'].filter((tool) => spawnSync(tool, ['--version']).error)

describe('the tour of README', function () {
  this.timeout(60_000)
  let hub: StartedHub
  before(async function () {
    if (missing.length > 0) {
      console.log(`      skipped: ${missing.join(' and ')} is not installed here`)
      this.skip()
    }
    hub = await startHub({ HUB_STORE: 'memory:' })
  })
  after(async () => {
    await hub?.end()
  })

  it('runs as written, line by line', () => {
    const tour = codeBlocks(textOf('README.md')).find((block) => block.includes(`HUB=${USUAL}`))
    assert.ok(tour, 'README has no tour')
    const script = `{ ${tour.replace(USUAL, hub.url)}\n} 2>&1 | cat`
    const { stdout, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
    assert.equal(status, 0, stdout)
    const statuses = [...stdout.matchAll(/^(\d{3})$/gm)].map((match) => match[1])
    assert.deepEqual(statuses, ['200', '201', '200', '201', '200', '200', '200', '428', '422'], stdout)
    assert.deepEqual(
      [...stdout.matchAll(/"total":(\d+)/g)].map((match) => match[1]),
      ['0', '1'],
    )
    assert.match(stdout, /"code":"version-required"/)
    assert.match(stdout, /"expression":\["Patient\.birthDate"\]/)
  })
})
