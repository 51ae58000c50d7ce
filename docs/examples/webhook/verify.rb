# Verifies a delivery of Guestright in Ruby (2.7 or later, nothing to install).
#
#   ruby verify.rb SECRET[,OLDER-SECRET] ID TIMESTAMP SIGNATURE < body      says "valid" or why not
require "openssl"

# Raises unless Guestright sent this body (as it arrived) within the last five minutes.
def verify(secrets, id, timestamp, signature, body)
  raise ArgumentError, "a header is missing" if [id, timestamp, signature].any? { |h| h.nil? || h.empty? }
  raise ArgumentError, "a header is missing" unless timestamp.match?(/\A\d+\z/)
  raise ArgumentError, "too old or too early" if (Time.now.to_i - timestamp.to_i).abs > 300

  signed = "#{id}.#{timestamp}.".b + body.b
  fits = secrets.any? do |secret|
    key = secret.delete_prefix("whsec_").unpack1("m")
    want = "v1," + [OpenSSL::HMAC.digest("SHA256", key, signed)].pack("m0")
    signature.split.any? { |part| part.bytesize == want.bytesize && OpenSSL.fixed_length_secure_compare(part, want) }
  end
  raise ArgumentError, "no signature fits" unless fits
end

# In Rack: env["HTTP_WEBHOOK_ID"], env["HTTP_WEBHOOK_TIMESTAMP"], env["HTTP_WEBHOOK_SIGNATURE"], and the body before it is parsed.
if $PROGRAM_NAME == __FILE__
  begin
    verify(ARGV[0].split(","), ARGV[1], ARGV[2], ARGV[3], $stdin.binmode.read)
    puts "valid"
  rescue ArgumentError => e
    puts e.message
    exit 1
  end
end
