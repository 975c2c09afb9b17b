/** Every code of ERRORS is raised: by requests to a hub, or by a sample of a profile; with the status and type it names. */
import assert from 'node:assert/strict'
import { errorsPage } from '../../scripts/docs/errors.ts'
import { ERRORS, type ErrorCode } from '../../server/fhir/outcome.ts'
import { textOf } from '../checks/markdown.ts'
import { examples, type Raised } from './raised.ts'

describe('the error codes', function () {
  this.timeout(60_000)
  let raised: ReadonlyMap<ErrorCode, Raised>
  before(async () => {
    raised = await examples()
  })

  it('are on their page with the examples that a hub answers', () => {
    assert.equal(textOf('docs/reference/errors.md'), errorsPage(raised), 'run scripts/docs.ts')
  })

  for (const [code, [status, type]] of Object.entries(ERRORS)) {
    it(`\`${code}\` is raised, and shown in docs/reference/errors.md`, () => {
      const { issue, answer } = raised.get(code as ErrorCode)!
      // $validate answers 200 whatever it finds, and an operation of ours may not.
      if (answer.status !== 200) assert.equal(answer.status, status)
      assert.equal(issue.code, type)
      assert.notEqual((issue.details as { readonly text?: string }).text ?? '', '')
      assert.ok(textOf('docs/reference/errors.md').includes(`\n## \`${code}\`\n`))
    })
  }
})
