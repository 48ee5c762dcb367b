-- Makes the requests that the file named by the first argument describes (questions.py), and tells the outcome as JSON.

local sent = 0

function init(arguments)
  dofile(arguments[1])
end

function request()
  local n = sent
  sent = sent + 1
  if order then
    return requests[order[n % #order + 1]]
  end
  n = start + n * step
  local one, other = n % modulus, math.floor(n / modulus)
  return parts[1] .. (first[1] + one) .. parts[2] .. (first[2] + other) .. parts[3]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout
  ))
end
