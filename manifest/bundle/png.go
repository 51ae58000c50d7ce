package bundle

import (
	"bytes"
	"errors"
	"image/png"
)

// pixelsMost bounds what a picture unpacks to: 4 bytes each.
const pixelsMost = 2048 * 2048

// PNG draws a picture again, so that nothing but the picture is left.
func PNG(data []byte) ([]byte, error) {
	size, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("it is no PNG")
	}
	if size.Width <= 0 || size.Height <= 0 || size.Width > pixelsMost/size.Height {
		return nil, errors.New("it has too many pixels")
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("it is damaged")
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, errors.New("it cannot be drawn again")
	}
	return out.Bytes(), nil
}
