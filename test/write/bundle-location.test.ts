/** Issues of an entry of a Bundle, at the entry. https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression */
import assert from 'node:assert/strict'
import { OutcomeError, refuse } from '../../server/fhir/outcome.ts'
import { issuesAtEntry } from '../../server/write/bundle-location.ts'

const ENTRY = { at: 'Bundle.entry[2]', type: 'Goal' }
/** The resource of that entry: what is found in it names its elements by their whole path. */
const RESOURCE = { at: 'Bundle.entry[2].resource' }

/** The expression of a refusal, the same whether the work refuses at once or later. */
const expressionOf = async (
  subject: { readonly at: string; readonly type?: string },
  expression?: string,
): Promise<string | undefined> => {
  const refusal = refuse('value-format', 'A sentence.', expression === undefined ? {} : { expression })
  const works: readonly (() => unknown)[] = [
    () => {
      throw refusal
    },
    () => Promise.reject(refusal),
  ]
  const expressions = await Promise.all(
    works.map(async (work) => {
      try {
        return await issuesAtEntry(subject, work)
      } catch (error) {
        assert.ok(error instanceof OutcomeError)
        return error.issues[0]?.expression
      }
    }),
  )
  assert.equal(expressions[0], expressions[1])
  return expressions[0] as string | undefined
}

describe('write / issues at an entry', () => {
  it('are at the entry when they name no element', async () => {
    assert.equal(await expressionOf(ENTRY), 'Bundle.entry[2]')
    assert.equal(await expressionOf(RESOURCE), 'Bundle.entry[2].resource')
  })

  it('are at the element of the entry when they name one of the resource', async () => {
    assert.equal(await expressionOf(ENTRY, 'Goal.target[0].dueDate'), 'Bundle.entry[2].resource.target[0].dueDate')
  })

  it('stay where they are when they are at the entry already', async () => {
    assert.equal(await expressionOf(RESOURCE, 'Bundle.entry[2].resource.subject'), 'Bundle.entry[2].resource.subject')
  })

  it('stay as they are outside of a Bundle', async () => {
    assert.equal(await expressionOf({ at: 'Goal', type: 'Goal' }, 'Goal.subject'), 'Goal.subject')
    assert.equal(await expressionOf({ at: 'Goal', type: 'Goal' }), undefined)
  })

  it('keep the status and the headers of the refusal', async () => {
    const refusal = refuse('version-conflict', 'A sentence.', { headers: { ETag: 'W/"2"' } })
    const error: unknown = await issuesAtEntry(ENTRY, () => Promise.reject(refusal)).catch((reason: unknown) => reason)
    assert.ok(error instanceof OutcomeError)
    assert.deepEqual([error.status, error.headers], [412, { ETag: 'W/"2"' }])
  })

  it('are only those of refusals: a fault of the hub passes unchanged, and so does a result', async () => {
    const fault = new Error('A fault.')
    await assert.rejects(
      issuesAtEntry(ENTRY, () => Promise.reject(fault)),
      (error) => error === fault,
    )
    assert.equal(
      issuesAtEntry(ENTRY, () => 7),
      7,
    )
    assert.equal(await issuesAtEntry(ENTRY, () => Promise.resolve(7)), 7)
  })
})
