<?php
// Verifies a delivery of Guestright in PHP (8.0 or later, nothing to install).
//
//   php verify.php SECRET[,OLDER-SECRET] ID TIMESTAMP SIGNATURE < body      says "valid" or why not

/** Throws unless Guestright sent this body (as it arrived) within the last five minutes. */
function verify(array $secrets, string $id, string $timestamp, string $signature, string $body): void
{
    if ($id === '' || $signature === '' || !preg_match('/^\d+$/D', $timestamp)) {
        throw new InvalidArgumentException('a header is missing');
    }
    if (abs(time() - (int) $timestamp) > 300) {
        throw new InvalidArgumentException('too old or too early');
    }
    foreach ($secrets as $secret) {
        $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
        if ($key === false || $key === '') {
            throw new InvalidArgumentException('a secret is not one');
        }
        $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
        foreach (explode(' ', $signature) as $part) {
            if (hash_equals($want, $part)) {
                return;
            }
        }
    }
    throw new InvalidArgumentException('no signature fits');
}

// In a server: $_SERVER['HTTP_WEBHOOK_ID'], ['HTTP_WEBHOOK_TIMESTAMP'], ['HTTP_WEBHOOK_SIGNATURE'], and file_get_contents('php://input').
if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    try {
        verify(explode(',', $argv[1]), $argv[2], $argv[3], $argv[4], stream_get_contents(STDIN));
        echo "valid\n";
    } catch (InvalidArgumentException $e) {
        echo $e->getMessage(), "\n";
        exit(1);
    }
}
