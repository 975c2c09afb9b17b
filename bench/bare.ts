/** The reference: a bare Express that answers as many bytes as the query asks for (`/?1100`), with `res.send`. */
import type { AddressInfo } from 'node:net'
import express from 'express'

const app = express()
app.disable('etag')
const texts = new Map<number, string>()
const textOf = (length: number): string => {
  const text = texts.get(length) ?? 'x'.repeat(length)
  texts.set(length, text)
  return text
}
app.use((request, response) => void response.type('json').send(textOf(Number(request.url.slice(2)))))
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
