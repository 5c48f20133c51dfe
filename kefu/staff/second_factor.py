"""How the second factor is kept: allauth's secrets sealed like personal data, under keys that are not in the database."""

from base64 import b64decode, b64encode

from allauth.mfa.adapter import DefaultMFAAdapter

from kefu.privacy import seal

AAD = "mfa_authenticator.data"
MARK = "sealed:"


class SealingAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return MARK + b64encode(seal.seal_bytes(text.encode(), AAD)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        if not encrypted_text.startswith(MARK):
            return encrypted_text  # set up before secrets were sealed
        return seal.unseal_bytes(b64decode(encrypted_text.removeprefix(MARK)), AAD).decode()
